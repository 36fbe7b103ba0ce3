/// One answer of a method with several streams, token by token: a row of `traces.jsonl`.
public struct AnswerTrace: Sendable, Hashable, Codable {
  /// What the method did at one token.
  public struct Token: Sendable, Hashable, Codable {
    /// The token's text.
    public let text: String
    /// Its probability under each stream alone, in the streams' order.
    public let streams: [Double]
    /// Its probability in the combined distribution.
    public let combined: Double
    /// The text of the token that the first stream alone would have taken, where that is another one.
    public let insteadOf: String?

    /// A token.
    public init(text: String, streams: [Double], combined: Double, insteadOf: String?) {
      self.text = text
      self.streams = streams
      self.combined = combined
      self.insteadOf = insteadOf
    }
  }

  /// The request's identifier.
  public let id: String
  /// The answer's tokens, in order.
  public let tokens: [Token]

  /// A trace.
  public init(id: String, tokens: [Token]) {
    self.id = id
    self.tokens = tokens
  }
}
