import Foundation

/// The mean of some values with a 95 % interval of Student's t: repeats over seeds, for one.
package struct MeanInterval: Sendable, Hashable {
  /// The number of values.
  package let count: Int
  package let mean: Double
  /// The sample standard deviation; nil for one value.
  package let standardDeviation: Double?
  /// Half the interval's width; nil for one value.
  package let halfWidth: Double?

  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      standardDeviation = nil
      halfWidth = nil
      return
    }
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    standardDeviation = deviation
    halfWidth =
      Self.studentQuantile(0.975, freedom: values.count - 1) * deviation / Double(values.count).squareRoot()
  }

  /// The quantile of Student's t, by bisection of its distribution function; `share` at least one half.
  static func studentQuantile(_ share: Double, freedom: Int) -> Double {
    var low = 0.0, high = 1.0
    while studentShare(below: high, freedom: freedom) < share { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if studentShare(below: middle, freedom: freedom) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The distribution function of Student's t at `value ≥ 0`, in closed form for whole degrees of freedom.
  ///
  /// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
  static func studentShare(below value: Double, freedom: Int) -> Double {
    let angle = atan(value / Double(freedom).squareRoot())
    let cosine = cos(angle), sine = sin(angle)
    var sum = 0.0
    if freedom % 2 == 1 {
      var term = cosine
      for index in stride(from: 1, to: freedom - 1, by: 2) {
        sum += term
        term *= cosine * cosine * Double(index + 1) / Double(index + 2)
      }
      return 0.5 + (angle + sine * sum) / .pi
    }
    var term = 1.0
    for index in stride(from: 1, to: freedom, by: 2) {
      sum += term
      term *= cosine * cosine * Double(index) / Double(index + 1)
    }
    return 0.5 + sine * sum / 2
  }
}
