/// The smallest true difference of two rates on the same prompts that a sample can be expected to show.
///
/// Two-sided significance 0.05, power 0.8. Source: Connor, Biometrics 43 (1987), the paired sample size
/// `n = (z_α · √ψ + z_β · √(ψ − δ²))² / δ²`, solved for the difference δ; ψ is the share of prompts on which the
/// methods disagree.
package enum SmallestDifference {
  /// z of two-sided 0.05.
  private static let significance = 1.959_963_984_540_054
  /// z of power 0.8.
  private static let power = 0.841_621_233_572_914_3

  /// The smallest difference for `count` prompts; nil where even full disagreement in one direction would not show, and
  /// for a share outside 0...1.
  ///
  /// - Parameter disagreement: The share ψ of prompts on which the methods disagree.
  package static func paired(count: Int, disagreement: Double) -> Double? {
    guard count > 0, disagreement > 0, disagreement <= 1 else { return nil }
    func needed(_ difference: Double) -> Double {
      let spread = max(0, disagreement - difference * difference).squareRoot()
      let root = significance * disagreement.squareRoot() + power * spread
      return root * root / (difference * difference)
    }
    // The difference can't exceed the share that disagrees; the sample that is needed falls as it grows.
    guard needed(disagreement) <= Double(count) else { return nil }
    var low = 0.0, high = disagreement
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if needed(middle) <= Double(count) { high = middle } else { low = middle }
    }
    return high
  }
}
