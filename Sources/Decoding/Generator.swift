package import Compute
package import EngineContract
package import LanguageModel

/// One stream: a prompt on a model.
package struct GenerationStream: Sendable {
  /// The model. Streams of one method must have one vocabulary.
  package var model: LanguageModel
  /// The rows before the instruction, `[count, width]`.
  package var prompt: Matrix

  /// A stream. Streams whose model is the same one share its pass.
  package init(model: LanguageModel, prompt: Matrix) {
    self.model = model
    self.prompt = prompt
  }
}

/// Answers many instructions at once under one method: all streams of all sequences are rows of one batch, and each
/// stream's prompt is computed once.
///
/// An answer depends on its request, the prompts and the settings, never on what else is in the batch.
package struct Generator {
  private let method: MethodPass
  private let streams: [GenerationStream]
  /// The number of tokens there are.
  package var vocabularySize: Int { method.vocabularySize }

  /// How the answers' tokens are chosen.
  package var sampler: Sampler
  /// The seed of random choices.
  package var seed: UInt64
  /// The longest answer.
  package var maximumTokens: Int
  /// Tokens that end an answer.
  package var stopTokens: Set<Int>
  /// How many sequences are worked on at a time, where memory lets it.
  package var batchSize = 64

  /// A generator for one method.
  /// - Parameters:
  ///   - streams: The prompts and their models; as many as the rule combines.
  ///   - rule: What combines the streams.
  /// - Throws: `LanguageModelError` for a prompt that is too long, and for models of different vocabularies.
  package init(
    streams: [GenerationStream], rule: any CombinationRule, sampler: Sampler, seed: UInt64, maximumTokens: Int,
    stopTokens: [Int]
  ) throws(LanguageModelError) {
    method = try MethodPass(streams: streams, rule: rule)
    self.streams = streams
    self.sampler = sampler
    self.seed = seed
    self.maximumTokens = maximumTokens
    self.stopTokens = Set(stopTokens)
  }

  /// A generator of one model's streams.
  /// - Parameter prompts: The rows before the instruction, one matrix `[count, width]` a stream.
  package init(
    model: LanguageModel, prompts: [Matrix], rule: any CombinationRule, sampler: Sampler, seed: UInt64,
    maximumTokens: Int, stopTokens: [Int]
  ) throws(LanguageModelError) {
    try self.init(
      streams: prompts.map { GenerationStream(model: model, prompt: $0) }, rule: rule, sampler: sampler, seed: seed,
      maximumTokens: maximumTokens, stopTokens: stopTokens)
  }

  private struct Running {
    var request: Int
    var tokens: [Int] = []
  }

  /// The answers to some requests, in their order. A sequence that ends leaves its place to the next request.
  /// - Parameters:
  ///   - onToken: Called with the request's index and each token as it is chosen, before the answer is complete.
  ///   - onAnswer: Called with the request's index and its answer when it is complete.
  ///   - onProgress: Called after each step; may throw to stop.
  /// - Throws: `LanguageModelError` for an unknown token or a conversation that is too long, `MemoryError` where not
  ///   even one fits; whatever the closures throw.
  package func answers(
    to requests: [GenerationRequest], onToken: (Int, Int) throws -> Void = { _, _ in },
    onAnswer: (Int, GeneratedAnswer) throws -> Void = { _, _ in },
    onProgress: (GenerationProgress) throws -> Void = { _ in }
  ) throws -> [GeneratedAnswer] {
    var answers = [GeneratedAnswer](repeating: GeneratedAnswer(tokens: [], ended: false), count: requests.count)
    guard maximumTokens > 0 else { return answers }
    let positions = (requests.map(\.turns.longest).max() ?? 0) + maximumTokens
    let sequences = try streams.sequences(upTo: batchSize, positions: positions)
    var batch = SequenceBatch()
    var waiting = requests.indices.makeIterator()
    var running: [Int: Running] = [:]
    var progress = GenerationProgress(answers: 0, total: requests.count, tokens: 0)

    while true {
      while batch.count < sequences, let request = waiting.next() {
        let choice = TokenChoice(sampler, seed: seed, sample: requests[request].sample)
        let id = batch.join(
          SequenceRequest(turns: requests[request].turns, choice: choice), under: method, positions: positions)
        running[id] = Running(request: request)
      }
      guard batch.count > 0 else { return answers }
      for step in try batch.step() {
        guard let token = step.token, var answer = running.removeValue(forKey: step.sequence) else { continue }
        let request = answer.request
        if stopTokens.contains(token) {
          answers[request] = GeneratedAnswer(tokens: answer.tokens, ended: true)
        } else {
          answer.tokens.append(token)
          progress.tokens += 1
          try onToken(request, token)
          guard answer.tokens.count == maximumTokens else {
            running[step.sequence] = answer
            continue
          }
          answers[request] = GeneratedAnswer(tokens: answer.tokens, ended: false)
        }
        try onAnswer(request, answers[request])
        batch.leave(step.sequence)
        progress.answers += 1
      }
      try onProgress(progress)
    }
  }
}

extension [GenerationStream] {
  /// How many sequences of so many positions are worked on at a time under all of the streams.
  func sequences(upTo most: Int, positions: Int) throws(MemoryError) -> Int {
    try MemoryGuard().sequences(
      upTo: most, each: reduce(0) { $0 + $1.model.sequenceBytes(positions: positions) })
  }
}
