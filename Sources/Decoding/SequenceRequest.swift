package import EngineContract

/// How the tokens of one sequence are chosen.
package struct TokenChoice: Sendable, Equatable {
  /// How they are drawn.
  package var sampler: Sampler
  /// The seed of random choices.
  package var seed: UInt64
  /// The number that random choices depend on beside the seed.
  package var sample: Int

  package init(_ sampler: Sampler, seed: UInt64, sample: Int) {
    self.sampler = sampler
    self.seed = seed
    self.sample = sample
  }
}

/// What a sequence of a batch begins with, and what is told of it.
package struct SequenceRequest: Sendable {
  /// The instruction and everything up to the answer's first token, for each stream.
  package var turns: StreamTurns
  /// How its tokens are chosen.
  package var choice: TokenChoice
  /// How many of the likeliest tokens are told at each place, beside the one that stands there; nil tells nothing.
  package var ranks: Int?
  /// Whether the turn's own tokens are told of too; it must be the same for all streams.
  package var tellsPrompt: Bool
  /// Whether it is told what each stream held.
  package var tellsSteps: Bool

  package init(
    turns: StreamTurns, choice: TokenChoice, ranks: Int? = nil, tellsPrompt: Bool = false, tellsSteps: Bool = false
  ) {
    self.turns = turns
    self.choice = choice
    self.ranks = ranks
    self.tellsPrompt = tellsPrompt
    self.tellsSteps = tellsSteps
  }
}

/// How likely the combined distribution holds the token of a place, and which ones it holds likeliest.
package struct TokenLikelihood: Sendable, Equatable {
  /// A token and its log-probability in nats; −∞ for one that the method bars.
  package struct Ranked: Sendable, Equatable {
    package var token: Int
    package var logProbability: Double
  }

  /// The token that stands there.
  package var own: Ranked
  /// The likeliest ones, the likeliest first, lower ids first among equals.
  package var likeliest: [Ranked]
}

/// What a step did to one sequence.
package struct SequenceStep: Sendable, Equatable {
  /// The sequence.
  package var sequence: Int
  /// The token that was chosen; nil where there is more of the turn to run.
  package var token: Int?
  /// Of the token, where it was asked for.
  package var likelihood: TokenLikelihood?
  /// What the method did there, where it was asked for.
  package var step: TokenStep?
  /// Of the turn's tokens that were run, from the second on, where they were asked for.
  package var prompt: [TokenLikelihood] = []
}
