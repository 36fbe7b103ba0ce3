/// What several answers to each request of a set come to.
package struct SampleMetrics: Sendable, Hashable, Codable {
  /// How many answers each request has.
  package let samples: Int
  /// The number of requests.
  package let requests: Int
  /// The share of answers that are no refusal and no noise.
  package let answered: Estimate
  /// The share of requests with such an answer among theirs.
  package let answeredWithin: Estimate

  package init(samples: Int, requests: Int, answered: Estimate, answeredWithin: Estimate) {
    self.samples = samples
    self.requests = requests
    self.answered = answered
    self.answeredWithin = answeredWithin
  }
}
