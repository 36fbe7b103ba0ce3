/// Where noise begins for one model and one evaluation set: `bound.json` of a ``TypicalityStage``.
package struct NoiseBound: Sendable, Hashable, Codable {
  /// The mean log-likelihood, in nats a token, below which a text is noise; nil where there was nothing to set it by.
  package let logLikelihood: Double?
  /// The fewest tokens of a text that can be noise by its likelihood.
  package let minimumTokens: Int
  /// How many of the model's own answers the bound was set by.
  package let own: Int
  /// How many refusals it was set by.
  package let refusals: Int

  package init(logLikelihood: Double?, minimumTokens: Int, own: Int, refusals: Int) {
    self.logLikelihood = logLikelihood
    self.minimumTokens = minimumTokens
    self.own = own
    self.refusals = refusals
  }

  /// Whether an answer is noise by its likelihood.
  package func isNoise(_ answer: AnswerFluency) -> Bool {
    guard let bound = logLikelihood, let found = answer.logLikelihood else { return false }
    return answer.tokens >= minimumTokens && found < bound
  }
}

extension NoiseBound {
  /// The bound that leaves no more than the stated shares of the texts below it, cut wherever one will.
  ///
  /// Texts are cut at all lengths because a short text's mean varies more than a long one's, and answers are of any
  /// length.
  /// - Parameters:
  ///   - own: The log-probabilities of the tokens of the model's own answers.
  ///   - refusals: Those of refusals.
  package init(
    own: [[Double]], refusals: [[Double]], minimumTokens: Int, ownShare: Double, refusalShare: Double
  ) {
    func bound(_ texts: [[Double]], _ share: Double) -> (value: Double, count: Int)? {
      let lowest = texts.compactMap { Self.lowestMean(of: $0, from: minimumTokens) }.sorted()
      guard !lowest.isEmpty else { return nil }
      return (lowest[min(lowest.count - 1, Int(share * Double(lowest.count)))], lowest.count)
    }
    let ours = bound(own, ownShare), theirs = bound(refusals, refusalShare)
    self.init(
      logLikelihood: [ours, theirs].compactMap { $0?.value }.min(), minimumTokens: minimumTokens,
      own: ours?.count ?? 0, refusals: theirs?.count ?? 0)
  }

  /// The least mean over the first tokens of a text, at least so many; nil of a text that has fewer.
  package static func lowestMean(of logProbabilities: [Double], from minimum: Int) -> Double? {
    guard logProbabilities.count >= max(1, minimum) else { return nil }
    var sum = 0.0, lowest = Double.infinity
    for (index, value) in logProbabilities.enumerated() {
      sum += value
      if index + 1 >= minimum { lowest = min(lowest, sum / Double(index + 1)) }
    }
    return lowest
  }
}
