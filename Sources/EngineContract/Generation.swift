package import Stages

/// An instruction to answer.
package struct GenerationRequest: Sendable {
  /// The instruction and everything up to the answer's first token, for each stream.
  package var turns: StreamTurns
  /// The number that random choices depend on beside the seed: the sample's place in its set, not in its batch.
  package var sample: Int

  /// The number of one of several answers to the request of a place in its set. That of the first is the place itself,
  /// and none depends on how many there are: so more answers begin with the fewer.
  package static func sample(of place: Int, answer: Int) -> Int { place + answer << 20 }

  /// A request with the same turn for all streams; it must hold at least one token.
  package init(turn: [Int], sample: Int) {
    self.init(turns: [turn], sample: sample)
  }

  /// A request with a turn for each stream; each must hold at least one token.
  package init(turns: StreamTurns, sample: Int) {
    self.turns = turns
    self.sample = sample
  }
}

/// An answer.
package struct GeneratedAnswer: Sendable, Equatable {
  /// The answer's tokens, the one that ended it not included.
  package var tokens: [Int]
  /// Whether the model ended the answer; else it was as long as allowed.
  package var ended: Bool

  package init(tokens: [Int], ended: Bool) {
    self.tokens = tokens
    self.ended = ended
  }
}

/// An answer's tokens, and what they answer.
package struct AnswerTokens: Sendable {
  /// The answer.
  package var tokens: [Int]
  /// The instruction and everything up to the answer's first token, for each stream.
  package var turns: StreamTurns

  /// Tokens behind turns.
  package init(_ tokens: [Int], behind turns: StreamTurns) {
    self.tokens = tokens
    self.turns = turns
  }
}

/// How answers' tokens are chosen, and how long answers may be.
package struct AnswerSampling: Sendable {
  /// How tokens are drawn.
  package var sampling: SamplingParameters
  /// The seed of random choices.
  package var seed: UInt64
  /// The longest answer.
  package var maximumTokens: Int
  /// How many sequences are worked on at a time, where memory lets it. Answers do not depend on it.
  package var batchSize: Int

  package init(_ sampling: SamplingParameters, seed: UInt64, maximumTokens: Int, batchSize: Int = 64) {
    self.sampling = sampling
    self.seed = seed
    self.maximumTokens = maximumTokens
    self.batchSize = batchSize
  }

  /// The likeliest token each time.
  package static func greedy(maximumTokens: Int, batchSize: Int = 64) -> AnswerSampling {
    AnswerSampling(
      SamplingParameters(temperature: 0, topP: 1, topK: 0), seed: 0, maximumTokens: maximumTokens, batchSize: batchSize)
  }
}

/// How far a generation is.
package struct GenerationProgress: Sendable {
  /// Answers finished.
  package var answers: Int
  /// Answers asked for.
  package var total: Int
  /// Tokens generated so far.
  package var tokens: Int

  package init(answers: Int, total: Int, tokens: Int) {
    self.answers = answers
    self.total = total
    self.tokens = tokens
  }
}

/// What is told while answers are made. What it throws stops the work.
package struct GenerationWatch {
  /// Called with the request's index and each token as it is chosen, before the answer is complete.
  package var onToken: (Int, Int) throws -> Void
  /// Called with the request's index and its answer when it is complete.
  package var onAnswer: (Int, GeneratedAnswer) throws -> Void
  /// Called after each step.
  package var onProgress: (GenerationProgress) throws -> Void

  /// What is told; nothing where it is left out.
  package init(
    onToken: @escaping (Int, Int) throws -> Void = { _, _ in },
    onAnswer: @escaping (Int, GeneratedAnswer) throws -> Void = { _, _ in },
    onProgress: @escaping (GenerationProgress) throws -> Void = { _ in }
  ) {
    self.onToken = onToken
    self.onAnswer = onAnswer
    self.onProgress = onProgress
  }
}

/// What a method did at one step of an answer: how likely each stream held the token that was taken, and what the first
/// stream alone would have taken.
package struct TokenStep: Sendable, Equatable {
  /// The token that was taken.
  package var token: Int
  /// Its probability under each stream alone, in the streams' order.
  package var streamProbabilities: [Double]
  /// Its probability in the combined distribution.
  package var probability: Double
  /// The token that the first stream alone holds likeliest.
  package var favorite: Int
  /// The favorite's probability under the first stream alone.
  package var favoriteBefore: Double
  /// The favorite's probability in the combined distribution.
  package var favoriteAfter: Double

  package init(
    token: Int, streamProbabilities: [Double], probability: Double, favorite: Int, favoriteBefore: Double,
    favoriteAfter: Double
  ) {
    self.token = token
    self.streamProbabilities = streamProbabilities
    self.probability = probability
    self.favorite = favorite
    self.favoriteBefore = favoriteBefore
    self.favoriteAfter = favoriteAfter
  }

  /// Whether the combination took another token than the first stream alone would have.
  package var isChanged: Bool { token != favorite }
}
