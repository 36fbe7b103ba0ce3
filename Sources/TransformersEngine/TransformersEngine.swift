package import Compute
package import EngineContract
import Foundation
import JSON
package import ModelFiles
import OppositePrompts
package import Stages
package import Tokenization

/// The second engine: PyTorch with transformers, in a worker process.
package struct TransformersEngine: Engine {
  /// The catalog's name for the model's content, or its hash.
  package let modelName: String
  /// The model's name on the Hugging Face hub, where it is known.
  package let hubName: HubName?
  /// Frames instructions as the model expects them.
  package let conversation: ConversationEncoder
  /// The model's dimensions.
  package let dimensions: ModelDimensions
  let worker: PythonWorker
  private let request: ModelRequest

  /// A model, loaded where the worker does not have it yet.
  /// - Parameters:
  ///   - path: The folder, or the GGUF file.
  ///   - device: Where it computes, as a manifest writes it.
  package init(
    modelName: String, hubName: HubName? = nil, path: String, conversation: ConversationEncoder,
    computation: TransformersComputation, device: String, worker: PythonWorker
  ) throws {
    self.modelName = modelName
    self.hubName = hubName
    self.conversation = conversation
    self.worker = worker
    request = ModelRequest(path: path, computation: computation, device: device)
    dimensions = try worker.model(request).dimensions
  }

  /// Turns text into ids and back.
  package var tokenizer: Tokenizer { conversation.tokenizer }

  /// The model's name in requests.
  var model: JSONValue { get throws { .string(try worker.model(request).name) } }

  // MARK: Answers and scores

  /// The answers to some requests under a method, in their order.
  package func answers(
    to requests: [GenerationRequest], under method: MethodSetup, sampling: AnswerSampling, watch: GenerationWatch
  ) throws -> [GeneratedAnswer] {
    try gatedAnswers(to: requests, under: method, watch: watch) { requests, method, watch in
      try ungatedAnswers(to: requests, under: method, sampling: sampling, watch: watch)
    }
  }

  private func ungatedAnswers(
    to requests: [GenerationRequest], under method: MethodSetup, sampling: AnswerSampling, watch: GenerationWatch
  ) throws -> [GeneratedAnswer] {
    var answers = [GeneratedAnswer](repeating: GeneratedAnswer(tokens: [], ended: false), count: requests.count)
    guard sampling.maximumTokens > 0, !requests.isEmpty else { return answers }
    let drawn = sampling.sampling
    let arguments: JSONValue = [
      "requests": .array(
        requests.map { request in
          [
            "turns": turns(request.turns, of: method.streams.count),
            // Beyond 53 bits JSON's numbers are not exact; a sample counts with 32.
            "sample": .integer(Int(UInt32(truncatingIfNeeded: request.sample))),
          ]
        }),
      "sampling": [
        "temperature": .number(drawn.temperature), "topP": .number(drawn.topP ?? 1),
        "topK": .integer(drawn.topK ?? 0), "seed": .string(String(sampling.seed)),
      ],
      "maximumTokens": .integer(sampling.maximumTokens), "batchSize": .integer(sampling.batchSize),
      "stopTokens": .array(conversation.stopTokens.map(JSONValue.integer)),
    ]
    var progress = GenerationProgress(answers: 0, total: requests.count, tokens: 0)
    _ = try call("answers", arguments, under: method) { event in
      for pair in event["tokens"]?.array ?? [] {
        guard let request = pair.array?.first?.integer, let token = pair.array?.last?.integer,
          answers.indices.contains(request)
        else { continue }
        answers[request].tokens.append(token)
        progress.tokens += 1
        try watch.onToken(request, token)
      }
      for pair in event["ended"]?.array ?? [] {
        guard let request = pair.array?.first?.integer, answers.indices.contains(request) else { continue }
        answers[request].ended = pair.array?.last == .boolean(true)
        progress.answers += 1
        try watch.onAnswer(request, answers[request])
      }
      try watch.onProgress(progress)
    }
    return answers
  }

  /// What the method did at each token of some answers, given again as they were made.
  package func steps(of answers: [AnswerTokens], under method: MethodSetup) throws -> [[TokenStep]] {
    try gated(answers.map(\.turns), under: method) { places, method in
      let arguments: JSONValue = [
        "answers": .array(
          places.map { place in
            [
              "turns": turns(answers[place].turns, of: method.streams.count),
              "tokens": .array(answers[place].tokens.map(JSONValue.integer)),
            ]
          })
      ]
      let found = try call("steps", arguments, under: method)
      return try (found["steps"]?.array ?? []).map { try $0.decoded(as: [StepReply].self).map(\.step) }
    }
  }

  /// A step as the worker tells it.
  private struct StepReply: Decodable {
    var token: Int
    var streams: [Double]
    var probability: Double
    var favorite: Int
    var favoriteBefore: Double
    var favoriteAfter: Double

    var step: TokenStep {
      TokenStep(
        token: token, streamProbabilities: streams, probability: probability, favorite: favorite,
        favoriteBefore: favoriteBefore, favoriteAfter: favoriteAfter)
    }
  }

  /// How likely a method holds given continuations, in the requests' order.
  package func scores(
    of requests: [ContinuationRequest], under method: MethodSetup, reference: EngineStream?,
    onProgress: (Int) throws -> Void
  ) throws -> [ContinuationScore] {
    var done = 0
    return try gated(requests.map(\.turns), under: method) { places, method in
      let before = done
      done += places.count
      let streams = method.streams.count + (reference == nil ? 0 : 1)
      let arguments: JSONValue = [
        "requests": .array(
          places.map { place in
            [
              "turns": turns(requests[place].turns, of: streams),
              "continuation": .array(requests[place].continuation.map(JSONValue.integer)),
            ]
          })
      ]
      let found = try call("scores", arguments, under: method, reference: reference) { event in
        if let count = event["done"]?.integer { try onProgress(before + count) }
      }
      return (found["scores"]?.array ?? []).map { score in
        ContinuationScore(
          // null stands for what the method bars.
          logProbabilities: (score["logProbabilities"]?.array ?? []).map { $0.number ?? -.infinity },
          divergences: (score["divergences"]?.array ?? []).compactMap(\.number))
      }
    }
  }

  /// The method's logits that a continuation's tokens are predicted by, `[tokens, vocabulary]`.
  package func logits(of request: ContinuationRequest, under method: MethodSetup) throws -> Matrix {
    let into = worker.newName("logits")
    let found = try call(
      "logits",
      [
        "turns": turns(request.turns, of: method.streams.count), "into": .string(into),
        "continuation": .array(request.continuation.map(JSONValue.integer)),
      ], under: method)
    return try matrix("logits", in: found)
  }

  /// What the worker's rule makes of given logits, and the tokens that it chooses: how the rules are held to ours.
  /// - Parameters:
  ///   - logits: `[streams, rows, vocabulary]`.
  ///   - steps: How many tokens each row's answer has already.
  package func combined(
    _ logits: SafetensorsTensor, steps: [Int], under parameters: MethodParameters
  ) throws -> (logits: Matrix, tokens: [Int]) {
    let found = try withTensors(["streams": logits]) { file in
      try worker.call(
        "combine",
        [
          "tensors": file, "steps": .array(steps.map(JSONValue.integer)), "into": .string(worker.newName("logits")),
          "rule": try MethodDescription.rule(of: parameters),
        ])
    }
    return (try matrix("logits", in: found), (found["tokens"]?.array ?? []).compactMap(\.integer))
  }

  private func call(
    _ name: String, _ arguments: JSONValue, under method: MethodSetup, reference: EngineStream? = nil,
    onEvent: (JSONValue) throws -> Void = { _ in }
  ) throws -> JSONValue {
    let described = try MethodDescription(method, reference: reference) { model in
      switch model {
      case .target, .adapted: return try worker.model(request).name
      case .other(let engine):
        guard let engine = engine as? TransformersEngine else {
          throw TransformersError.unsupported(
            what: "combine its logits with those of \(engine.modelName), which runs on another engine",
            advice: "run both on the same")
        }
        return try worker.model(engine.request).name
      }
    }
    var object = arguments.object ?? JSONObject()
    object["method"] = described.value
    return try withTensors(described.tensors) { file in
      object["tensors"] = file
      return try worker.call(name, .object(object), onEvent: onEvent)
    }
  }

  private func turns(_ turns: StreamTurns, of streams: Int) -> JSONValue {
    let first = turns[0], isOne = (1..<streams).allSatisfy { turns[$0] == first }
    return .array((isOne ? [first] : (0..<streams).map { turns[$0] }).map { .array($0.map(JSONValue.integer)) })
  }

  // MARK: Tuning

  /// The rows of a soft prompt before its first step, `[P, d]`.
  package func initialRows(_ start: PromptStart, seed: UInt64, role: PromptRole) throws -> Matrix {
    try start.rows(
      width: dimensions.width, vocabularySize: dimensions.vocabularySize, seed: seed,
      stream: role == .safeguarding ? 0 : 1,
      embed: { tokens in
        let found = try worker.call(
          "embed",
          [
            "model": try model, "tokens": .array(tokens.map(JSONValue.integer)),
            "into": .string(worker.newName("rows")),
          ])
        return try matrix("rows", in: found)
      },
      deviation: {
        guard let spread = try worker.call("spread", ["model": try model])["deviation"]?.number else {
          throw TransformersError.fault("it tells no deviation", log: "standard error")
        }
        return spread
      })
  }

  /// The loss of one of the two soft prompts, and its gradient.
  package func objective(for role: PromptRole, weights: PromptStage.Weights) throws -> any PromptObjective {
    let frame = try conversation.frame(.softPrompt)
    return objective(for: role, weights: weights, before: frame.beforePrompt, after: frame.afterPrompt)
  }

  /// The loss of the safeguarding prompt in the model's hidden states, and its gradient.
  package func representationObjective(
    in space: RepresentationSpace, weights: PromptStage.Representation, start: Matrix
  ) throws -> any PromptObjective {
    let frame = try conversation.frame(.softPrompt)
    return representationObjective(
      in: space, weights: weights, start: start, before: frame.beforePrompt, after: frame.afterPrompt)
  }

  /// The loss in hidden states in a frame of given tokens.
  package func representationObjective(
    in space: RepresentationSpace, weights: PromptStage.Representation, start: Matrix, before: [Int], after: [Int]
  ) -> any PromptObjective {
    RepresentationObjective(
      WorkerPromptStates(engine: self, before: before, after: after),
      terms: RepresentationTerms(space: space, weights: weights), start: start)
  }

  /// The loss in a frame of given tokens.
  package func objective(
    for role: PromptRole, weights: PromptStage.Weights, before: [Int], after: [Int]
  ) -> any PromptObjective {
    TransformersObjective(
      engine: self, before: before, after: after, terms: ObjectiveTerms(role: role, weights: weights))
  }

  /// What the worker finds of a soft prompt over some pairs: each term's sum, and the gradient where it is wanted.
  func value(
    of softPrompt: Matrix, before: [Int], after: [Int], pairs: [JSONValue], wantsGradient: Bool
  ) throws -> (sums: JSONObject, gradient: Matrix?) {
    let tensor = SafetensorsTensor(shape: [softPrompt.rows, softPrompt.columns], values: softPrompt.values)
    let found = try withTensors(["prompt": tensor]) { file in
      try worker.call(
        "value",
        [
          "model": try model, "before": .array(before.map(JSONValue.integer)),
          "after": .array(after.map(JSONValue.integer)), "pairs": .array(pairs), "tensors": file,
          "wantsGradient": .boolean(wantsGradient), "into": .string(worker.newName("gradient")),
        ])
    }
    return (found["sums"]?.object ?? JSONObject(), wantsGradient ? try matrix("gradient", in: found) : nil)
  }

  /// What the head reads at the last token of some turns behind a soft prompt, `[turns, width]`.
  func promptStates(
    behind softPrompt: Matrix, before: [Int], after: [Int], of turns: [[Int]], wantsGradient: Bool
  ) throws -> Matrix {
    let tensor = SafetensorsTensor(shape: [softPrompt.rows, softPrompt.columns], values: softPrompt.values)
    let found = try withTensors(["prompt": tensor]) { file in
      try worker.call(
        "promptStates",
        [
          "model": try model, "before": .array(before.map(JSONValue.integer)),
          "after": .array(after.map(JSONValue.integer)), "tensors": file, "wantsGradient": .boolean(wantsGradient),
          "turns": .array(turns.map { .array($0.map(JSONValue.integer)) }), "into": .string(worker.newName("states")),
        ])
    }
    return try matrix("states", in: found)
  }

  /// The gradient to the soft prompt behind which states were asked for last.
  func promptGradient(of slopes: Matrix) throws -> Matrix {
    let tensor = SafetensorsTensor(shape: [slopes.rows, slopes.columns], values: slopes.values)
    let found = try withTensors(["states": tensor]) { file in
      try worker.call("promptGradient", ["tensors": file, "into": .string(worker.newName("gradient"))])
    }
    return try matrix("gradient", in: found)
  }

  // MARK: Hidden states

  /// The hidden states behind blocks of the model, at the last position of some inputs.
  package func hiddenStates(of inputs: [[PromptPart]], behind blocks: [Int]) throws -> [[[Float]]] {
    guard !inputs.isEmpty else { return [] }
    var tensors: [String: SafetensorsTensor] = [:]
    let parts = inputs.map { input in
      JSONValue.array(
        input.map { part -> JSONValue in
          switch part {
          case .tokens(let tokens): return ["tokens": .array(tokens.map(JSONValue.integer))]
          case .rows(let rows):
            let name = "rows\(tensors.count)"
            tensors[name] = SafetensorsTensor(shape: [rows.rows, rows.columns], values: rows.values)
            return ["rows": .string(name)]
          }
        })
    }
    let found = try withTensors(tensors) { file in
      try worker.call(
        "states",
        [
          "model": try model, "inputs": .array(parts), "blocks": .array(blocks.map(JSONValue.integer)),
          "tensors": file, "into": .string(worker.newName("states")),
        ])
    }
    let values = try tensor("states", in: found).values, width = dimensions.width
    return inputs.indices.map { input in
      blocks.indices.map { block in
        let start = (input * blocks.count + block) * width
        return Array(values[start..<start + width])
      }
    }
  }

  // MARK: Tensors

  /// Writes tensors where the worker reads them, meanwhile; no file for none.
  func withTensors<Result>(
    _ tensors: [String: SafetensorsTensor], _ work: (JSONValue) throws -> Result
  ) throws -> Result {
    guard !tensors.isEmpty else { return try work(.null) }
    let name = worker.newName("request"), file = worker.exchange.appendingPathComponent(name)
    try SafetensorsFile.encode(tensors).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try work(.string(name))
  }

  /// The tensors of the file that a reply names.
  func tensors(in reply: JSONValue) throws -> [String: SafetensorsTensor] {
    guard let file = reply["tensors"]?.string else {
      throw TransformersError.fault("it names no file of tensors", log: "standard error")
    }
    let path = worker.exchange.appendingPathComponent(file)
    defer { try? FileManager.default.removeItem(at: path) }
    return try SafetensorsFile.read(path: path.path)
  }

  private func tensor(_ name: String, in reply: JSONValue) throws -> SafetensorsTensor {
    guard let tensor = try tensors(in: reply)[name] else {
      throw TransformersError.fault("it gives no tensor \(name)", log: "standard error")
    }
    return tensor
  }

  private func matrix(_ name: String, in reply: JSONValue) throws -> Matrix {
    let tensor = try tensor(name, in: reply)
    guard let matrix = Matrix(tensor) else {
      throw TransformersError.fault("\(name) has the shape \(tensor.shape)", log: "standard error")
    }
    return matrix
  }
}
