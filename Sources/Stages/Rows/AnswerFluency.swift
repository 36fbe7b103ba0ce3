/// How likely the untouched model holds one answer: a row of `fluency.jsonl`, in the order of the generations.
package struct AnswerFluency: Sendable, Hashable, Codable {
  /// The request's identifier.
  package let id: String
  /// The number of tokens of the answer.
  package let tokens: Int
  /// The mean log-probability of these, in nats; nil of an answer without any, or where the conversation is too long.
  package let logLikelihood: Double?

  package init(id: String, tokens: Int, logLikelihood: Double?) {
    self.id = id
    self.tokens = tokens
    self.logLikelihood = logLikelihood
  }
}
