/// A number with its 95 % interval.
package struct Estimate: Sendable, Hashable, Codable {
  /// The number.
  package let value: Double
  /// The interval's lower end.
  package let low: Double
  /// The interval's upper end.
  package let high: Double

  package init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// What one cell's scores on one evaluation set come to.
package struct ScoreMetrics: Sendable, Hashable, Codable {
  /// The set's name.
  package let set: String
  /// The number of requests.
  package let count: Int
  /// The perplexity of the reference answers, over all their tokens; nil where the method bars one of them or it
  /// is beyond all doubles, and for choices.
  package let perplexity: Estimate?
  /// The number of requests in whose reference answer the method bars a token.
  package let barred: Int
  /// The divergence from the base model, in nats a token, a mean over the requests; nil where one is infinite, and for
  /// choices.
  package let divergence: Estimate?
  /// MC1; nil without choices.
  package let firstChoice: Estimate?
  /// MC2; nil without choices.
  package let trueShare: Estimate?
  /// The number of requests that were not scored, being too long for the model, and are in no other number but
  /// ``count``; nil for none.
  package let tooLong: Int?

  package init(
    set: String, count: Int, perplexity: Estimate?, barred: Int, divergence: Estimate?, firstChoice: Estimate?,
    trueShare: Estimate?, tooLong: Int = 0
  ) {
    self.tooLong = tooLong > 0 ? tooLong : nil
    self.set = set
    self.count = count
    self.perplexity = perplexity
    self.barred = barred
    self.divergence = divergence
    self.firstChoice = firstChoice
    self.trueShare = trueShare
  }
}
