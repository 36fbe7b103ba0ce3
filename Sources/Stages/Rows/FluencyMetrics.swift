/// How likely the untouched model holds one cell's answers to one evaluation set.
package struct FluencyMetrics: Sendable, Hashable, Codable {
  /// The mean over the answers of their mean log-likelihood, in nats a token; nil where no answer has one.
  package let logLikelihood: Estimate?
  /// The number of answers that are noise by it.
  package let noise: Int
  /// What noise lies below, in nats a token; nil where there was nothing to set it by.
  package let bound: Double?
  /// The fewest tokens of an answer that can be noise by its likelihood.
  package let minimumTokens: Int

  package init(logLikelihood: Estimate?, noise: Int, bound: Double?, minimumTokens: Int) {
    self.logLikelihood = logLikelihood
    self.noise = noise
    self.bound = bound
    self.minimumTokens = minimumTokens
  }
}
