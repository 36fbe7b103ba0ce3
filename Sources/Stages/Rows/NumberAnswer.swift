/// The number that one answer comes to: a row of `numbers.jsonl`, in the order of the generations.
package struct NumberAnswer: Sendable, Hashable, Codable {
  /// The answer's identifier.
  package let id: String
  /// The right number, in digits.
  package let expected: String
  /// The answer's last number, in digits; nil where it has none.
  package let found: String?
  /// Whether there is no answer, the request being too long for the model; nil where there is one.
  package let isTooLong: Bool?

  /// Whether the number is the right one.
  package var isRight: Bool { found == expected }

  package init(id: String, expected: String, found: String?, isTooLong: Bool = false) {
    self.id = id
    self.expected = expected
    self.found = found
    self.isTooLong = isTooLong ? true : nil
  }
}
