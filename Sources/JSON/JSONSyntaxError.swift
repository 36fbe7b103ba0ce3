/// Text that is not strict JSON: the place, what stands there, and what should.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  package let line: Int
  /// The column in characters (Unicode scalars), counted from 1.
  package let column: Int
  /// The place in bytes, counted from 0.
  package let offset: Int
  /// What stands there.
  package let found: String
  /// The next few characters in quotation marks, where `found` is only the next one.
  package let excerpt: String?
  /// What should stand there.
  package let expected: String

  /// The place, the finding and the expectation in one line.
  package var description: String {
    "line \(line), column \(column): found \(found), expected \(expected)"
  }
}
