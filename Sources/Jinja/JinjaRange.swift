/// Python's `range`.
package struct JinjaRange: Hashable, Sendable {
  /// The first integer.
  let start: Int
  /// What the integers stop before.
  let end: Int
  /// The distance between two integers.
  let step: Int
  /// How many integers there are.
  let count: Int

  /// The integers from a start towards an end, which is not one of them; nil for a step of 0 and beyond all integers.
  init?(from start: Int, to end: Int, by step: Int) {
    guard step != 0 else { return nil }
    let (distance, overflows) =
      step > 0 ? end.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(end)
    guard !overflows, step != Int.min else { return nil }
    self.start = start
    self.end = end
    self.step = step
    let size = abs(step)
    count = distance <= 0 ? 0 : (distance - 1) / size + 1
  }

  /// The integer at a place, which is below the count.
  subscript(index: Int) -> Int { start + index * step }

  /// Whether an integer is one of them.
  func contains(_ number: Int) -> Bool {
    guard count > 0 else { return false }
    let last = self[count - 1]
    guard (min(start, last)...max(start, last)).contains(number) else { return false }
    return (number - start) % step == 0
  }
}
