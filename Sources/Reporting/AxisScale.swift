import Foundation

/// How a chart's axis turns values into pixels, and where its ticks stand.
struct AxisScale: Sendable {
  /// Where ticks stand, and what they say.
  struct Tick: Sendable, Equatable {
    var value: Double
    var label: String
  }

  /// The values at the axis's two ends; `lower < upper`.
  let lower: Double
  let upper: Double
  /// Whether equal steps are equal ratios.
  let isLogarithmic: Bool
  /// The ticks, all within the ends.
  let ticks: [Tick]

  /// A linear axis that covers all finite values given, its ends at round numbers.
  init(linearOver values: [Double], roundsEnds: Bool = true) {
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if low == high {
      let reach = low == 0 ? 1 : abs(low) / 2
      low -= reach
      high += reach
    }
    let (step, decimals) = Self.roundStep(for: (high - low) / 5)
    if roundsEnds {
      low = (low / step + 1e-9).rounded(.down) * step
      high = (high / step - 1e-9).rounded(.up) * step
    }
    let first = (low / step - 1e-9).rounded(.up)
    let count = max(0, ((high / step + 1e-9).rounded(.down) - first)).rounded()
    ticks = stride(from: 0, through: min(count, 50), by: 1).map { index in
      let value = (first + index) * step
      return Tick(value: value, label: NumberText.fixed(value, decimals: decimals))
    }
    lower = low
    upper = high
    isLogarithmic = false
  }

  /// A logarithmic axis over positive values, with a tick at each.
  init(logarithmicOver values: [Double]) {
    let sorted = Set(values.filter { $0.isFinite && $0 > 0 }).sorted()
    let low = sorted.first ?? 1
    let high = sorted.last ?? 10
    lower = low == high ? low / 2 : low
    upper = low == high ? high * 2 : high
    isLogarithmic = true
    ticks = sorted.map { Tick(value: $0, label: NumberText.short($0)) }
  }

  /// The axis that shows these positions best: logarithmic for a few positive ones that reach over a factor of 50, as
  /// in a sweep of learning rates.
  static func fitting(_ values: [Double]) -> AxisScale {
    guard let low = values.min(), let high = values.max(), low > 0, high / low >= 50, Set(values).count <= 12 else {
      return AxisScale(linearOver: values, roundsEnds: false)
    }
    return AxisScale(logarithmicOver: values)
  }

  /// Where a value stands between the ends, 0 to 1; outside values at the nearer end.
  func position(of value: Double) -> Double {
    let share =
      isLogarithmic
      ? (log(max(value, .leastNormalMagnitude)) - log(lower)) / (log(upper) - log(lower))
      : (value - lower) / (upper - lower)
    return share.isFinite ? min(1, max(0, share)) : 0
  }

  /// The 1, 2 or 5 times a power of ten at or above a step, and the decimals that write it.
  private static func roundStep(for rough: Double) -> (step: Double, decimals: Int) {
    guard rough.isFinite, rough > 0 else { return (1, 0) }
    let exponent = log10(rough).rounded(.down)
    let power = pow(10, exponent)
    for factor in [1.0, 2.0, 5.0] where factor * power >= rough * (1 - 1e-9) {
      return (factor * power, max(0, -Int(exponent)))
    }
    return (10 * power, max(0, -Int(exponent) - 1))
  }
}
