import Randomness

/// The paired bootstrap: how sure the mean difference of two methods on the same prompts is.
///
/// Prompts are drawn with replacement, each with both its values. Source: Efron and Tibshirani, "An Introduction to the
/// Bootstrap" (1993), the percentile interval.
package struct PairedBootstrap: Sendable, Hashable {
  /// The mean of the differences.
  package let mean: Double
  /// The lower end of the 95 % interval.
  package let lower: Double
  /// The upper end.
  package let upper: Double
  /// The two-sided p-value: twice the share of resamples on the rarer side of 0, those at 0 counted half, and never
  /// below what the number of resamples can show.
  package let pValue: Double

  /// Resamples some differences, first minus second, a prompt each. The same values and seed give the same result.
  /// Nil without any difference, or with one that is not finite.
  package init?(differences: [Double], resamples: Int = 10_000, seed: UInt64 = 1) {
    guard !differences.isEmpty, resamples > 0, differences.allSatisfy(\.isFinite) else { return nil }
    let count = differences.count
    var generator = SplitMix64(seed: seed)
    var means: [Double] = []
    means.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var sum = 0.0
      for _ in 0..<count { sum += differences[generator.integer(below: count)] }
      means.append(sum / Double(count))
    }
    means.sort()
    mean = differences.reduce(0, +) / Double(count)
    lower = Self.quantile(0.025, of: means)
    upper = Self.quantile(0.975, of: means)
    let zeros = Double(means.count { $0 == 0 })
    let below = Double(means.count { $0 < 0 }) + zeros / 2
    let rarer = min(below, Double(resamples) - below)
    pValue = min(1, 2 * max(rarer, 1) / Double(resamples))
  }

  /// The quantile between the two nearest values, as in NumPy's default.
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[below] }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
