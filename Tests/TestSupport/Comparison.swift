/// How far numbers are from expected ones, at the one that is farthest.
package struct Comparison: Sendable {
  /// The largest distance, in the tolerance's own measure; infinite where numbers can't be compared.
  package let distance: Double
  /// Whether that is no more than the tolerance.
  package let isClose: Bool
  /// What was found where it is largest.
  package let message: String

  /// Compares numbers with as many expected ones.
  ///
  /// Counts must be equal and above zero. What is not a number is close to nothing, not even to another such; an
  /// infinity is close to nothing but itself, its sign included.
  package init<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
    of found: some Collection<Found>, with expected: some Collection<Expected>, within tolerance: Tolerance
  ) {
    guard found.count == expected.count, !expected.isEmpty else {
      distance = .infinity
      isClose = false
      message = "\(found.count) numbers for \(expected.count) expected ones"
      return
    }
    let limit: Double
    let scale: (Double) -> Double
    switch tolerance {
    case .absolute(let value): (limit, scale) = (value, { _ in 1 })
    case .relative(let value): (limit, scale) = (value, { $0.magnitude })
    case .ofLargest(let value):
      let largest = expected.filter(\.isFinite).reduce(0.0) { max($0, Double($1).magnitude) }
      (limit, scale) = (value, { _ in largest })
    }
    var worst = (distance: -1.0, index: 0, found: 0.0, expected: 0.0)
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      let found = Double(found), expected = Double(expected)
      let distance: Double
      if found == expected {
        distance = 0
      } else if found.isFinite && expected.isFinite {
        distance = (found - expected).magnitude / scale(expected)
      } else {
        distance = .infinity
      }
      if distance > worst.distance { worst = (distance, index, found, expected) }
    }
    distance = worst.distance
    isClose = worst.distance.isFinite && worst.distance <= limit
    message =
      "number \(worst.index) is \(worst.found), expected \(worst.expected): \(worst.distance), not \(tolerance)"
  }
}
