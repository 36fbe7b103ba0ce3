/// Text that is not strict JSON: the place, what stands there, and what should.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  package let line: Int
  /// The column in characters (Unicode scalars), counted from 1.
  package let column: Int
  /// What stands there.
  package let found: String
  /// What should stand there.
  package let expected: String

  /// The place, the finding and the expectation in one line.
  package var description: String {
    "line \(line), column \(column): found \(found), expected \(expected)"
  }
}
