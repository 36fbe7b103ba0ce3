import Foundation

/// A share with its Wilson score interval (E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", JASA 22, 1927), without continuity correction.
///
/// For `k` successes in `n` trials, `p = k/n` and the standard normal quantile `z` of the confidence:
/// `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`. It stays inside [0, 1] and has width at 0/n and n/n.
package struct WilsonInterval: Sendable, Hashable, Codable {
  /// The share itself, `successes / count`.
  package let estimate: Double
  /// The interval's lower end, in 0...1; exactly 0 when nothing succeeded.
  package let lower: Double
  /// The interval's upper end, in 0...1; exactly 1 when everything succeeded.
  package let upper: Double

  /// The interval of `successes` out of `count` at a two-sided `confidence`.
  ///
  /// Nil where there is no interval: `count` below 1, `successes` outside 0...count, `confidence` outside 0..<1.
  package init?(successes: Int, count: Int, confidence: Double = 0.95) {
    guard count >= 1, (0...count).contains(successes), (0..<1).contains(confidence) else { return nil }
    let trials = Double(count)
    let share = Double(successes) / trials
    let z = Self.standardNormalQuantile(twoSided: confidence)
    let scale = 1 + z * z / trials
    let center = (share + z * z / (2 * trials)) / scale
    let halfWidth = z * (share * (1 - share) / trials + z * z / (4 * trials * trials)).squareRoot() / scale
    estimate = share
    // The ends are 0 and 1 exactly in these two cases; rounding would leave some 1e-17 beside them.
    lower = successes == 0 ? 0 : max(0, center - halfWidth)
    upper = successes == count ? 1 : min(1, center + halfWidth)
  }

  /// The `z` with `P(|Z| ≤ z) = confidence`, by bisection on the complementary error function.
  private static func standardNormalQuantile(twoSided confidence: Double) -> Double {
    // At confidences below 1 as a Double, the tail is at least 1e-16, which z = 9 is well beyond.
    var low = 0.0
    var high = 9.0
    while true {
      let middle = (low + high) / 2
      if middle <= low || middle >= high { return middle }
      if erfc(middle / 2.0.squareRoot()) > 1 - confidence { low = middle } else { high = middle }
    }
  }
}
