package import Compute
import Foundation

/// How the logits of a method's streams become the logits that a token is chosen from.
package protocol CombinationRule: Sendable {
  /// How many streams the rule combines.
  var streams: Int { get }

  /// Puts the combined logits in the first stream's row; a token that must not be taken gets −∞.
  /// - Parameters:
  ///   - rows: The streams' logits of one sequence, `[streams, vocabulary]`.
  ///   - step: How many tokens of the answer there are already.
  func combine(_ rows: StreamRows, step: Int)
}

extension CombinationRule {
  /// Combines all sequences of a batch.
  /// - Parameters:
  ///   - logits: `[streams · sequences, vocabulary]`, all sequences of the first stream, then all of the second.
  ///   - steps: How many tokens each sequence's answer has, `[sequences]`.
  ///   - extraStreams: Streams behind the rule's own, which it does not see.
  func combine(_ logits: inout Matrix, steps: [Int], extraStreams: Int = 0, on context: ComputeContext) {
    guard streams > 1 else { return }
    context.combineStreams(&logits, sequences: steps.count, streams: streams + extraStreams) { sequence, rows in
      combine(rows, step: steps[sequence])
    }
  }
}

extension StreamRows {
  /// Bars the tokens that the first stream holds less likely than a share of its likeliest one: the plausibility
  /// constraint of Li et al. (arXiv 2210.15097), `log p < max log p + ln share`.
  /// - Returns: The threshold on the first stream's logits; −∞ where the share is 0.
  func plausibilityThreshold(share: Double) -> Float {
    guard share > 0 else { return -.infinity }
    return self[0, likeliest(in: 0)] + Float(log(share))
  }
}
