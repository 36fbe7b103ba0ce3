/// How far a number may be from the expected one.
package enum Tolerance: Sendable {
  /// By this much.
  case absolute(Double)
  /// By this share of the expected number's magnitude.
  case relative(Double)
  /// By this share of the largest finite magnitude of all the expected numbers.
  case ofLargest(Double)
}
