import Foundation

/// The exact test of McNemar: whether two methods differ in a rate that was measured on the same prompts.
///
/// Only prompts on which the methods disagree tell anything; without a difference each such prompt falls either way
/// like a coin. Source: McNemar, Psychometrika 12 (1947); the exact, binomial form.
package struct McNemarTest: Sendable, Hashable {
  /// Prompts that only the first method has right.
  package let onlyFirst: Int
  /// Prompts that only the second method has right.
  package let onlySecond: Int

  /// A test of two counts of at least 0.
  package init(onlyFirst: Int, onlySecond: Int) {
    self.onlyFirst = max(0, onlyFirst)
    self.onlySecond = max(0, onlySecond)
  }

  /// A test of two outcomes a prompt, in the same order; nil where their numbers differ.
  package init?(_ first: [Bool], _ second: [Bool]) {
    guard first.count == second.count else { return nil }
    let pairs = zip(first, second)
    self.init(onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 })
  }

  /// The two-sided p-value: the chance of a split at least as uneven, `min(1, 2 · P(X ≤ least))` of a fair binomial; 1
  /// where the methods disagree nowhere.
  package var pValue: Double {
    let count = onlyFirst + onlySecond, least = min(onlyFirst, onlySecond)
    guard count > 0 else { return 1 }
    // Binomial probabilities by their logarithms: counts can be large.
    let whole = lgamma(Double(count + 1)) - Double(count) * log(2)
    var sum = 0.0
    for successes in 0...least {
      let parts: Double = lgamma(Double(successes + 1)) + lgamma(Double(count - successes + 1))
      sum += exp(whole - parts)
    }
    return min(1, 2 * sum)
  }
}
