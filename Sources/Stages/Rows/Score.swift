/// What a method holds of one request's reference answers: a row of `scores.jsonl`, in the order of the evaluation set.
package struct Score: Sendable, Hashable, Codable {
  /// The request's identifier in its file.
  package let id: String
  /// The number of tokens of the reference answer; 0 where choices were scored.
  package let tokens: Int
  /// Their summed log-probability, in nats; nil where choices were scored, or where the method bars a token.
  package let logProbability: Double?
  /// The mean over those tokens of the Kullback-Leibler divergence of the method's distribution from the base model's,
  /// in nats; nil where choices were scored, or where it is infinite.
  package let divergence: Double?
  /// MC1: whether the best answer is the likeliest of all; nil without choices.
  package let isBestLikeliest: Bool?
  /// MC2: the share of probability that the true answers have among all; nil without choices.
  package let trueShare: Double?
  /// Whether the request was not scored, being longer with its answer than what the model can read; nil where it was.
  package let isTooLong: Bool?

  package init(
    id: String, tokens: Int, logProbability: Double?, divergence: Double?, isBestLikeliest: Bool?, trueShare: Double?,
    isTooLong: Bool = false
  ) {
    self.isTooLong = isTooLong ? true : nil
    self.id = id
    self.tokens = tokens
    self.logProbability = logProbability
    self.divergence = divergence
    self.isBestLikeliest = isBestLikeliest
    self.trueShare = trueShare
  }
}
