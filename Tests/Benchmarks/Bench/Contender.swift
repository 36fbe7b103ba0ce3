import Compute
import Decoding
import EngineContract
import Foundation
import LanguageModel
import ModelFiles
import OppositePrompts
import Stages

/// Antipode as one of the contenders: a loaded model that does the works as the tools do them.
struct Contender {
  private var model: LanguageModel
  private let path: String
  private var activations: PackedActivations

  init(model path: String, threads: Int, kernels: KernelSet, precision: Precision) throws {
    self.path = path
    model = try LanguageModel(
      file: GGUFFile(path: path), context: ComputeContext(threads: threads, kernels: kernels, precision: precision))
    activations = PackedActivations(model.configuration)
  }

  /// Does a piece of work and tells how long it took.
  mutating func answer(_ request: WorkRequest) throws -> WorkAnswer {
    switch request.work {
    case "prompt": try readPrompt(given(request.tokens, "tokens"))
    case "decode":
      try decode(streams: [given(request.prompt, "prompt")], alpha: nil, count: given(request.count, "count"))
    case "contrast":
      try decode(
        streams: given(request.prompts, "prompts"), alpha: given(request.alpha, "alpha"),
        count: given(request.count, "count"))
    case "evaluate": try evaluate(request)
    case "tune": try tune(request)
    case "memory": try memory()
    case "bandwidth": bandwidth()
    case "product": product(rows: request.rows ?? 1024)
    case "info": information()
    default: throw WorkError.unknown(request.work)
    }
  }

  private func given<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw WorkError.missing(name) }
    return value
  }

  /// A prompt's pass, with the logits of its last position.
  private func readPrompt(_ tokens: [Int]) throws -> WorkAnswer {
    let start = ContinuousClock.now
    var memory = PassMemory(model.configuration)
    let cache = model.makeCache(slots: 1, capacity: tokens.count)
    let hidden = try model.forward(
      [SequenceInput(embeddings: model.embed(tokens), slot: 0)], cache: cache, memory: &memory)
    let token = model.context.largest(of: model.logits(of: hidden))[0]
    var answer = WorkAnswer()
    answer.seconds = ContinuousClock.now.seconds(since: start)
    answer.token = token
    return answer
  }

  /// Greedy decoding of one sequence. The time is that of `count` steps, from the first token's choice on.
  private func decode(streams: [[Int]], alpha: Double?, count: Int) throws -> WorkAnswer {
    let rule: any CombinationRule = alpha.map { LinearRule([Float(-$0)]) } ?? LinearRule([])
    let generator = try Generator(
      model: model, prompts: streams.map { try model.embed($0.dropLast()) }, rule: rule, sampler: .greedy, seed: 1,
      maximumTokens: count + 1, stopTokens: [])
    var times: [ContinuousClock.Instant] = [], tokens: [Int] = []
    _ = try generator.answers(
      to: [GenerationRequest(turns: StreamTurns(streams.map { [$0[$0.count - 1]] }), sample: 0)],
      onToken: { _, token in
        times.append(.now)
        tokens.append(token)
      })
    var answer = WorkAnswer()
    answer.seconds = times[count].seconds(since: times[0])
    answer.tokens = Array(tokens.prefix(count))
    return answer
  }

  /// Every instruction answered under the contrast of two system prompts, the prompts' passes included.
  private func evaluate(_ request: WorkRequest) throws -> WorkAnswer {
    let prefixes = try given(request.prefixes, "prefixes"), turns = try given(request.turns, "turns")
    let start = ContinuousClock.now
    var generator = try Generator(
      model: model, prompts: prefixes.map { try model.embed($0) },
      rule: LinearRule([Float(-given(request.alpha, "alpha"))]), sampler: .greedy, seed: 1,
      maximumTokens: given(request.count, "count"), stopTokens: request.stop ?? [])
    generator.batchSize = turns.count
    let answers = try generator.answers(
      to: turns.enumerated().map { GenerationRequest(turn: $1, sample: $0) })
    var answer = WorkAnswer()
    answer.seconds = ContinuousClock.now.seconds(since: start)
    answer.answers = answers.map(\.tokens)
    return answer
  }

  /// The safeguarding loss of a step's pairs and its gradient (Equation 3).
  private mutating func tune(_ request: WorkRequest) throws -> WorkAnswer {
    let prefix = try given(request.prefix, "prefix")
    let pairs = try given(request.pairs, "pairs").map { pair -> TrainingPair in
      let categories: [String: AnchorPair.Category] = [
        "refused": .refused, "answered": .answered, "harmless": .harmless,
      ]
      guard let category = categories[pair.category] else { throw WorkError.unknown(pair.category) }
      return TrainingPair(turn: pair.turn, response: pair.response, category: category)
    }
    // Once for all steps, as the tool does it.
    model = try model.preparedForGradients()
    let start = ContinuousClock.now
    let objective = try Objective(
      model: model, beforeSystem: prefix.before, afterSystem: prefix.after, prompt: .safeguarding,
      weights: PromptStage.Weights())
    let value = try objective.evaluate(model.embed(prefix.prompt), on: pairs, activations: &activations)
    var answer = WorkAnswer()
    answer.seconds = ContinuousClock.now.seconds(since: start)
    answer.loss = value.total
    answer.gradientNorm = value.gradient.map { gradient in
      (0..<gradient.rows).reduce(0) { sum, row in
        gradient[row: row].reduce(sum) { $0 + Double($1) * Double($1) }
      }.squareRoot()
    }
    answer.operations = operations(prefix: prefix, pairs: pairs)
    return answer
  }

  /// Multiplications and additions of a step's products, attention not counted: two for each weight and row, forward
  /// and back; rows that several pairs share are counted once.
  private func operations(prefix: WorkRequest.Prefix, pairs: [TrainingPair]) -> Double {
    let turns = Set(pairs.map(\.turn)).reduce(0) { $0 + $1.count }
    let responses = pairs.reduce(0) { $0 + $1.response.count }
    let rows = prefix.before.count + prefix.prompt.count + prefix.after.count + turns + responses - pairs.count
    let configuration = model.configuration
    let block =
      configuration.width * (configuration.attention.rowWidth + configuration.attention.queryWidth)
      + 3 * configuration.width * configuration.feedForwardWidth
    return 4 * Double(rows * block * configuration.layers)
      + 4 * Double(responses * configuration.width * configuration.vocabularySize)
  }

  private func memory() throws -> WorkAnswer {
    var answer = WorkAnswer()
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    answer.bytes = peak.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 }
    return answer
  }

  private func bandwidth() -> WorkAnswer {
    var answer = WorkAnswer()
    answer.bytesPerSecond = MachineLimits.readBandwidth(on: model.context)
    return answer
  }

  private func product(rows: Int) -> WorkAnswer {
    let product = MachineLimits.bestProduct(rows: rows, on: model.context)
    var answer = WorkAnswer()
    answer.operationsPerSecond = product.best
    answer.information = [
      "OpenBLAS": "\((product.openBLAS * 1e-9).rounded()) GFLOP/s", "own": "\((product.own * 1e-9).rounded()) GFLOP/s",
    ]
    return answer
  }

  private func information() -> WorkAnswer {
    var answer = WorkAnswer()
    // What a decoded token reads: every weight once. The embedding table is the output head.
    answer.bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    answer.information = [
      "precision": model.context.precision.rawValue, "kernels": model.context.kernels.name,
      "threads": "\(model.context.pool.threads)",
      "OpenBLAS core": MachineLimits.openBLASCore,
    ]
    return answer
  }
}

/// Why a request can't be answered.
enum WorkError: Error, CustomStringConvertible {
  case unknown(String)
  case missing(String)

  var description: String {
    switch self {
    case .unknown(let name): "no work or category is called \"\(name)\""
    case .missing(let name): "the request has no \"\(name)\""
    }
  }
}
