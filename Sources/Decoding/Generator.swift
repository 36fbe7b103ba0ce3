package import Compute
package import EngineContract
package import LanguageModel
import Randomness

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
  private let passes: [ModelPass]
  private let streams: [GenerationStream]
  private let rule: any CombinationRule
  /// The number of tokens there are.
  package let vocabularySize: Int
  private let context: ComputeContext

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
    precondition(!streams.isEmpty && streams.count == rule.streams, "as many prompts as the rule combines")
    passes = try ModelPass.passes(for: streams)
    self.streams = streams
    self.rule = rule
    vocabularySize = streams[0].model.configuration.vocabularySize
    context = streams[0].model.context
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
    var slot: Int
    /// The new tokens of each stream.
    var next: [[Int]]
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
    let streams = rule.streams
    let longest = requests.map(\.turns.longest).max() ?? 0
    let sequences = try min(self.streams.sequences(upTo: batchSize, positions: longest + maximumTokens), requests.count)
    var batches = passes.map { ModelBatch($0, sequences: sequences, capacity: longest + maximumTokens) }
    var logits = Matrix(rows: 0, columns: vocabularySize)
    var waiting = requests.indices.makeIterator()
    var free = Array((0..<sequences).reversed())
    var running: [Running] = []
    var progress = GenerationProgress(answers: 0, total: requests.count, tokens: 0)

    while true {
      while let slot = free.last, let request = waiting.next() {
        free.removeLast()
        for batch in batches { batch.forget(sequence: slot) }
        running.append(
          Running(request: request, slot: slot, next: (0..<streams).map { requests[request].turns[$0] }))
      }
      guard !running.isEmpty else { return answers }
      logits.resize(rows: streams * running.count)
      for index in batches.indices {
        try batches[index].run(
          slots: running.map(\.slot), tokens: { stream in running.map { $0.next[stream] } }, into: &logits)
      }
      rule.combine(&logits, steps: running.map(\.tokens.count), on: context)
      let tokens = choose(from: logits, for: running, requests: requests)

      for index in running.indices.reversed() {
        let token = tokens[index], request = running[index].request
        if stopTokens.contains(token) {
          answers[request] = GeneratedAnswer(tokens: running[index].tokens, ended: true)
        } else {
          running[index].tokens.append(token)
          running[index].next = Array(repeating: [token], count: streams)
          progress.tokens += 1
          try onToken(request, token)
          guard running[index].tokens.count == maximumTokens else { continue }
          answers[request] = GeneratedAnswer(tokens: running[index].tokens, ended: false)
        }
        try onAnswer(request, answers[request])
        free.append(running[index].slot)
        running.remove(at: index)
        progress.answers += 1
      }
      try onProgress(progress)
    }
  }

  private func choose(from logits: Matrix, for running: [Running], requests: [GenerationRequest]) -> [Int] {
    if sampler == .greedy { return Array(context.largest(of: logits).prefix(running.count)) }
    return context.map(running.count) { row in
      var random = CounterRandom(
        seed: seed, purpose: .sampling, sample: requests[running[row].request].sample,
        step: running[row].tokens.count)
      return sampler.token(from: logits[row: row], random: &random)
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
