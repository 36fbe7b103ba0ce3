/// A given continuation, to be scored token by token under a method.
package struct ContinuationRequest: Sendable {
  /// The instruction and everything up to the continuation's first token, for each stream, the reference stream last.
  package var turns: StreamTurns
  /// The continuation's tokens.
  package var continuation: [Int]

  /// A request; turns and continuation must each hold at least one token.
  package init(turns: StreamTurns, continuation: [Int]) {
    precondition(!continuation.isEmpty, "nothing to score")
    self.turns = turns
    self.continuation = continuation
  }
}

/// How a method holds a continuation.
package struct ContinuationScore: Sendable, Equatable {
  /// The log-probability of each token behind those before it, in nats; −∞ for one that the method bars.
  package var logProbabilities: [Double]
  /// The Kullback-Leibler divergence of the method's distribution from the reference stream's at each token, in nats;
  /// empty without such a stream.
  package var divergences: [Double]

  package init(logProbabilities: [Double], divergences: [Double]) {
    self.logProbabilities = logProbabilities
    self.divergences = divergences
  }
}
