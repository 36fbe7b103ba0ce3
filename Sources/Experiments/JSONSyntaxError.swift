/// Text that is not strict JSON: the place, what stands there, and what should.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public let line: Int
  /// The column in characters (Unicode scalars), counted from 1.
  public let column: Int
  /// What stands there.
  public let found: String
  /// What should stand there.
  public let expected: String

  /// The place, the finding and the expectation in one line.
  public var description: String {
    "line \(line), column \(column): found \(found), expected \(expected)"
  }
}
