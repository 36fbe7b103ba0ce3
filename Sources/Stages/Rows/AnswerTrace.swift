/// One answer of a method with several streams, token by token: a row of `traces.jsonl`.
package struct AnswerTrace: Sendable, Hashable, Codable {
  /// What the method did at one token.
  package struct Token: Sendable, Hashable, Codable {
    /// The token's text.
    package let text: String
    /// Its probability under each stream alone, in the streams' order.
    package let streams: [Double]
    /// Its probability in the combined distribution.
    package let combined: Double
    /// The text of the token that the first stream alone would have taken, where that is another one.
    package let insteadOf: String?

    package init(text: String, streams: [Double], combined: Double, insteadOf: String?) {
      self.text = text
      self.streams = streams
      self.combined = combined
      self.insteadOf = insteadOf
    }
  }

  /// The request's identifier.
  package let id: String
  /// The answer's tokens, in order.
  package let tokens: [Token]

  package init(id: String, tokens: [Token]) {
    self.id = id
    self.tokens = tokens
  }
}
