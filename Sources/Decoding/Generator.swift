public import Compute
public import LanguageModel

/// An instruction to answer.
public struct GenerationRequest: Sendable {
  /// The instruction and everything up to the answer's first token.
  public var turn: [Int]
  /// The number that random choices depend on beside the seed: the sample's place in its set, not in its batch.
  public var sample: Int

  /// A request; the turn must hold at least one token.
  public init(turn: [Int], sample: Int) {
    precondition(!turn.isEmpty, "a request needs at least one token")
    self.turn = turn
    self.sample = sample
  }
}

/// An answer.
public struct GeneratedAnswer: Sendable, Equatable {
  /// The answer's tokens, the one that ended it not included.
  public var tokens: [Int]
  /// Whether the model ended the answer; else it was as long as allowed.
  public var ended: Bool
}

/// How far a generation is.
public struct GenerationProgress: Sendable {
  /// Answers finished.
  public var answers: Int
  /// Answers asked for.
  public var total: Int
  /// Tokens generated so far.
  public var tokens: Int
}

/// Answers many instructions at once under one method: all streams of all sequences are rows of one batch, and each
/// stream's prompt is computed once.
///
/// An answer depends on its request, the prompts and the settings, never on what else is in the batch.
public struct Generator {
  private let model: LanguageModel
  private let prompts: [KeyValueCache]
  private let rule: CombinationRule

  /// How the answers' tokens are chosen.
  public var sampler: Sampler
  /// The seed of random choices.
  public var seed: UInt64
  /// The longest answer.
  public var maximumTokens: Int
  /// Tokens that end an answer.
  public var stopTokens: Set<Int>
  /// How many sequences are worked on at a time.
  public var batchSize = 64

  /// A generator for one method.
  /// - Parameters:
  ///   - prompts: The rows before the instruction, one matrix `[count, width]` a stream.
  ///   - rule: What combines the streams; as many as there are prompts.
  /// - Throws: `LanguageModelError` for a prompt that is too long.
  public init(
    model: LanguageModel, prompts: [Matrix], rule: CombinationRule, sampler: Sampler, seed: UInt64,
    maximumTokens: Int, stopTokens: [Int]
  ) throws(LanguageModelError) {
    precondition(prompts.count == rule.streams, "as many prompts as the rule combines")
    self.model = model
    var caches: [KeyValueCache] = []
    for prompt in prompts { caches.append(try model.prefix(prompt)) }
    self.prompts = caches
    self.rule = rule
    self.sampler = sampler
    self.seed = seed
    self.maximumTokens = maximumTokens
    self.stopTokens = Set(stopTokens)
  }

  private struct Running {
    var request: Int
    var slot: Int
    var next: [Int]
    var tokens: [Int] = []
  }

  /// The answers to some requests, in their order. A sequence that ends leaves its place to the next request.
  /// - Parameters:
  ///   - onToken: Called with the request's index and each token as it is chosen, before the answer is complete.
  ///   - onProgress: Called after each step; may throw to stop.
  /// - Throws: `LanguageModelError` for an unknown token or a conversation that is too long; whatever the closures throw.
  public func answers(
    to requests: [GenerationRequest], onToken: (Int, Int) throws -> Void = { _, _ in },
    onProgress: (GenerationProgress) throws -> Void = { _ in }
  ) throws -> [GeneratedAnswer] {
    var answers = [GeneratedAnswer](repeating: GeneratedAnswer(tokens: [], ended: false), count: requests.count)
    guard maximumTokens > 0 else { return answers }
    let streams = prompts.count, sequences = min(batchSize, requests.count)
    let longest = requests.map(\.turn.count).max() ?? 0
    let cache = model.makeCache(slots: sequences * streams, capacity: longest + maximumTokens)
    var memory = PassMemory(model.configuration)
    var logits = Matrix(rows: 0, columns: model.configuration.vocabularySize)
    var waiting = requests.indices.makeIterator()
    var free = Array((0..<sequences).reversed())
    var running: [Running] = []
    var progress = GenerationProgress(answers: 0, total: requests.count, tokens: 0)

    while true {
      while let slot = free.last, let request = waiting.next() {
        free.removeLast()
        for stream in 0..<streams { cache.truncate(slot: stream * sequences + slot, to: 0) }
        running.append(Running(request: request, slot: slot, next: requests[request].turn))
      }
      guard !running.isEmpty else { return answers }
      var inputs: [SequenceInput] = []
      for stream in 0..<streams {
        for sequence in running {
          inputs.append(
            SequenceInput(
              embeddings: try model.embed(sequence.next), slot: stream * sequences + sequence.slot,
              prefix: prompts[stream].counts[0] == 0 ? nil : prompts[stream]))
        }
      }
      let hidden = try model.forward(inputs, cache: cache, memory: &memory)
      logits.resize(rows: hidden.rows)
      model.logits(of: hidden, into: &logits)
      rule.combine(&logits, sequences: running.count, on: model.context)
      let tokens = choose(from: logits, for: running, requests: requests)

      for index in running.indices.reversed() {
        let token = tokens[index], request = running[index].request
        if stopTokens.contains(token) {
          answers[request] = GeneratedAnswer(tokens: running[index].tokens, ended: true)
        } else {
          running[index].tokens.append(token)
          running[index].next = [token]
          progress.tokens += 1
          try onToken(request, token)
          guard running[index].tokens.count == maximumTokens else { continue }
          answers[request] = GeneratedAnswer(tokens: running[index].tokens, ended: false)
        }
        free.append(running[index].slot)
        running.remove(at: index)
        progress.answers += 1
      }
      try onProgress(progress)
    }
  }

  private func choose(from logits: Matrix, for running: [Running], requests: [GenerationRequest]) -> [Int] {
    if sampler == .greedy { return Array(model.context.largest(of: logits).prefix(running.count)) }
    return model.context.map(running.count) { row in
      var random = CounterRandom(
        seed: seed, purpose: .sampling, sample: requests[running[row].request].sample,
        step: running[row].tokens.count)
      return sampler.token(from: logits[row: row], random: &random)
    }
  }
}
