/// How many of one cell's answers to one evaluation set come to the right number.
package struct NumberMetrics: Sendable, Hashable, Codable {
  /// The set's name.
  package let set: String
  /// The number of requests.
  package let count: Int
  /// The number of answers whose last number is the right one.
  package let right: Int
  /// The share of all requests that is answered rightly.
  package let rate: Estimate
  /// The number of answers without any number.
  package let withoutNumber: Int
  /// The mean number of tokens of an answer.
  package let meanTokens: Double
  /// The number of requests that were not asked, being too long for the model; nil for none.
  package let tooLong: Int?

  package init(
    set: String, count: Int, right: Int, rate: Estimate, withoutNumber: Int, meanTokens: Double, tooLong: Int = 0
  ) {
    self.set = set
    self.count = count
    self.right = right
    self.rate = rate
    self.withoutNumber = withoutNumber
    self.meanTokens = meanTokens
    self.tooLong = tooLong > 0 ? tooLong : nil
  }
}
