public import Testing

/// Records an issue unless every number is as close to its expected one as `tolerance` says.
///
/// Counts must be equal and above zero. A number that is not one is close to nothing but another such; an infinity is
/// close to nothing but itself, its sign included.
/// - Returns: the largest distance found, in the tolerance's own measure; infinite where numbers can't be compared.
@discardableResult
public func assertClose<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  _ found: some Collection<Found>, _ expected: some Collection<Expected>, within tolerance: Tolerance,
  _ name: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  guard found.count == expected.count, !expected.isEmpty else {
    Issue.record(
      "\(name()): \(found.count) numbers for \(expected.count) expected ones", sourceLocation: sourceLocation)
    return .infinity
  }
  let limit: Double
  let scale: (Double) -> Double
  switch tolerance {
  case .absolute(let value): (limit, scale) = (value, { _ in 1 })
  case .relative(let value): (limit, scale) = (value, { $0.magnitude })
  case .ofLargest(let value):
    let largest = expected.reduce(0.0) { max($0, Double($1).magnitude) }
    (limit, scale) = (value, { _ in largest })
  }
  var worst = (distance: -1.0, index: 0, found: 0.0, expected: 0.0)
  for (index, (found, expected)) in zip(found, expected).enumerated() {
    let found = Double(found), expected = Double(expected)
    let distance: Double
    if found == expected || found.isNaN && expected.isNaN {
      distance = 0
    } else if found.isFinite && expected.isFinite {
      distance = (found - expected).magnitude / scale(expected)
    } else {
      distance = .infinity
    }
    if distance > worst.distance { worst = (distance, index, found, expected) }
  }
  if !(worst.distance <= limit) {
    Issue.record(
      "\(name()): number \(worst.index) is \(worst.found), expected \(worst.expected): \(worst.distance), not \(tolerance)",
      sourceLocation: sourceLocation)
  }
  return worst.distance
}

/// The same for one number.
@discardableResult
public func assertClose<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  _ found: Found, _ expected: Expected, within tolerance: Tolerance, _ name: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  assertClose(
    CollectionOfOne(found), CollectionOfOne(expected), within: tolerance, name(), sourceLocation: sourceLocation)
}

/// Records an issue unless the numbers have the same bits, counts above zero included: `-0` is not `0` here.
public func assertSameBits(
  _ found: some Collection<Float>, _ expected: some Collection<Float>, _ name: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count, !expected.isEmpty else {
    Issue.record(
      "\(name()): \(found.count) numbers for \(expected.count) expected ones", sourceLocation: sourceLocation)
    return
  }
  let differences = zip(found, expected).enumerated().filter { $1.0.bitPattern != $1.1.bitPattern }
  if let (index, (found, expected)) = differences.first {
    Issue.record(
      "\(name()): \(differences.count) numbers differ, first number \(index): \(found), expected \(expected)",
      sourceLocation: sourceLocation)
  }
}
