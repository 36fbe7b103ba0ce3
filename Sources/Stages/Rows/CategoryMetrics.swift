/// The rates of one category of requests in a set.
package struct CategoryMetrics: Sendable, Hashable, Codable {
  /// The category, as the requests' file has it.
  package let category: String
  /// The number of answers.
  package let count: Int
  /// The number refused.
  package let refused: Int
  /// The number answered.
  package let answered: Int

  package init(category: String, count: Int, refused: Int, answered: Int) {
    self.category = category
    self.count = count
    self.refused = refused
    self.answered = answered
  }
}
