package import Testing

/// Records an issue unless every number is as close to its expected one as `tolerance` says; see ``Comparison``.
package func assertClose<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  _ found: some Collection<Found>, _ expected: some Collection<Expected>, within tolerance: Tolerance,
  _ name: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let comparison = Comparison(of: found, with: expected, within: tolerance)
  if !comparison.isClose { Issue.record("\(name()): \(comparison.message)", sourceLocation: sourceLocation) }
}

/// The same for one number.
package func assertClose<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  _ found: Found, _ expected: Expected, within tolerance: Tolerance, _ name: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  assertClose(
    CollectionOfOne(found), CollectionOfOne(expected), within: tolerance, name(), sourceLocation: sourceLocation)
}

/// Records an issue unless the numbers have the same bits, counts above zero included: `-0` is not `0` here.
package func assertSameBits(
  _ found: some Collection<Float>, _ expected: some Collection<Float>, _ name: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if let difference = differenceOfBits(found, expected) {
    Issue.record("\(name()): \(difference)", sourceLocation: sourceLocation)
  }
}

/// In what the bits of numbers differ from those of expected ones; nil where they are the same and there are some.
package func differenceOfBits(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> String? {
  guard found.count == expected.count, !expected.isEmpty else {
    return "\(found.count) numbers for \(expected.count) expected ones"
  }
  let differences = zip(found, expected).enumerated().filter { $1.0.bitPattern != $1.1.bitPattern }
  return differences.first.map { index, numbers in
    "\(differences.count) numbers differ, first number \(index): \(numbers.0), expected \(numbers.1)"
  }
}
