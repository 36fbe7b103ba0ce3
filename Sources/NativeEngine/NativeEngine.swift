package import Compute
import Decoding
package import EngineContract
import Foundation
package import LanguageModel
package import ModelFiles
import OppositePrompts
package import Stages
package import Tokenization

/// This project's own engine: a model on this machine's processor.
package struct NativeEngine: Engine, Sendable {
  /// The catalog's name for the model's content, or its hash.
  package let modelName: String
  /// The model's name on the Hugging Face hub, where it is known.
  package let hubName: HubName?
  /// Frames instructions as the model expects them.
  package let conversation: ConversationEncoder
  let model: LanguageModel

  /// A model and how it frames conversations.
  package init(modelName: String, hubName: HubName? = nil, model: LanguageModel, conversation: ConversationEncoder) {
    self.modelName = modelName
    self.hubName = hubName
    self.model = model
    self.conversation = conversation
  }

  /// Turns text into ids and back.
  package var tokenizer: Tokenizer { conversation.tokenizer }

  private init(_ other: NativeEngine, model: LanguageModel, conversation: ConversationEncoder) {
    modelName = other.modelName
    hubName = other.hubName
    self.model = model
    self.conversation = conversation
  }

  /// The same model, with the same weights in memory, in other conversations.
  package func with(
    _ template: ChatTemplate, _ variables: ConversationVariables
  ) throws(TokenizationError) -> NativeEngine {
    NativeEngine(
      self, model: model,
      conversation: try ConversationEncoder(template, tokenizer: tokenizer, variables: variables))
  }

  /// The same model with products of another exactness.
  package func with(_ precision: ProductPrecision) -> NativeEngine {
    let model: LanguageModel =
      switch precision {
      case .float32: self.model
      case .bfloat16: self.model.with(.bfloat16)
      case .int8: self.model.with(.int8)
      }
    return NativeEngine(self, model: model, conversation: conversation)
  }

  /// The model's dimensions.
  package var dimensions: ModelDimensions {
    let configuration = model.configuration
    return ModelDimensions(
      width: configuration.width, layers: configuration.layers,
      attentionHeads: configuration.attention.queryHeads, vocabularySize: configuration.vocabularySize,
      positionLimit: model.positionLimit)
  }

  // MARK: Answers and scores

  /// The answers to some requests under a method, in their order.
  package func answers(
    to requests: [GenerationRequest], under method: MethodSetup, sampling: AnswerSampling, watch: GenerationWatch
  ) throws -> [GeneratedAnswer] {
    try gatedAnswers(to: requests, under: method, watch: watch) { requests, method, watch in
      try ungatedAnswers(to: requests, under: method, sampling: sampling, watch: watch)
    }
  }

  /// The answers to some requests under a method without gates, in their order.
  private func ungatedAnswers(
    to requests: [GenerationRequest], under method: MethodSetup, sampling: AnswerSampling, watch: GenerationWatch
  ) throws -> [GeneratedAnswer] {
    let drawn = sampling.sampling
    var generator = try Generator(
      streams: streams(of: method), rule: method.rule,
      sampler: Sampler(temperature: drawn.temperature, topP: drawn.topP ?? 1, topK: drawn.topK ?? 0),
      seed: sampling.seed,
      maximumTokens: sampling.maximumTokens, stopTokens: conversation.stopTokens)
    generator.batchSize = sampling.batchSize
    return try generator.answers(
      to: requests, onToken: watch.onToken, onAnswer: watch.onAnswer, onProgress: watch.onProgress)
  }

  /// What the method did at each token of some answers, given again as they were made.
  package func steps(of answers: [AnswerTokens], under method: MethodSetup) throws -> [[TokenStep]] {
    try gated(answers.map(\.turns), under: method) { places, method in
      let trace = try TokenTrace(streams: streams(of: method), rule: method.rule)
      return try places.map { try trace.steps(of: answers[$0].tokens, turns: answers[$0].turns) }
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
      return try ContinuationScorer(
        streams: streams(of: method), rule: method.rule, reference: reference.map(stream)
      ).scores(of: places.map { requests[$0] }, onProgress: { try onProgress(before + $0) })
    }
  }

  private func streams(of method: MethodSetup) throws -> [GenerationStream] { try method.streams.map(stream) }

  func stream(_ stream: EngineStream) throws -> GenerationStream {
    let model: LanguageModel
    switch stream.model {
    case .target: model = self.model
    case .adapted(let file): model = try self.model.adapting(LowRankAdapter(file))
    case .other(let engine):
      guard let engine = engine as? NativeEngine else { throw EngineError.foreignEngine(model: engine.modelName) }
      model = engine.model
    }
    return GenerationStream(
      model: try model.editing(stream.edits), prompt: try Self.rows(of: stream.prompt, model))
  }

  /// The rows of a prompt, `[count, width]`.
  private static func rows(of prompt: some Sequence<PromptPart>, _ model: LanguageModel) throws -> Matrix {
    let width = model.configuration.width
    let parts = try prompt.map { part in
      switch part {
      case .tokens(let tokens): return try model.embed(tokens)
      case .rows(let rows):
        guard rows.columns == width else { throw EngineError.foreignPrompt(found: rows.columns, expected: width) }
        return rows
      }
    }
    return Matrix.stacking(parts, columns: width)
  }

  // MARK: Tuning

  /// The rows of a soft prompt before its first step, `[P, d]`.
  package func initialRows(_ start: PromptStart, seed: UInt64, role: PromptRole) throws -> Matrix {
    try start.rows(of: model, seed: seed, stream: role == .safeguarding ? 0 : 1)
  }

  /// The loss of one of the two soft prompts, and its gradient.
  package func objective(for role: PromptRole, weights: PromptStage.Weights) throws -> any PromptObjective {
    let frame = try conversation.frame(.softPrompt)
    return try objective(for: role, weights: weights, before: frame.beforePrompt, after: frame.afterPrompt)
  }

  /// The loss in a frame of given tokens.
  package func objective(
    for role: PromptRole, weights: PromptStage.Weights, before: [Int], after: [Int]
  ) throws -> any PromptObjective {
    ObjectivePass(
      try Objective(model: model, beforeSystem: before, afterSystem: after, prompt: role, weights: weights))
  }

  /// The loss of the safeguarding prompt in the model's hidden states, and its gradient.
  package func representationObjective(
    in space: RepresentationSpace, weights: PromptStage.Representation, start: Matrix
  ) throws -> any PromptObjective {
    let frame = try conversation.frame(.softPrompt)
    return try RepresentationObjective(
      model: model, beforeSystem: frame.beforePrompt, afterSystem: frame.afterPrompt,
      terms: RepresentationTerms(space: space, weights: weights), start: start)
  }

  /// Trains a low-rank adapter on responses, with AdamW.
  package func trainAdapter(
    _ parameters: AdapterStage.Parameters, on examples: [AdapterExample], seed: UInt64, from checkpoint: [UInt8]?,
    onStep: (AdapterStep, () throws -> [UInt8]) throws -> Void
  ) throws -> LoraAdapterFile {
    let shape = try AdapterShape(
      rank: parameters.rank, alpha: parameters.alpha,
      targets: parameters.targets.compactMap(AdapterTarget.init(rawValue:)))
    var tuner = try AdapterTuner(
      model: model, examples: examples,
      settings: AdapterTunerSettings(parameters, examples: examples.count, seed: seed))
    let start = AdapterTunerState(try model.initialAdapter(shape, seed: seed), parameters)
    var state = AdapterTunerState.continuing(checkpoint, from: start)
    try tuner.run(&state) { step, state in try onStep(step) { try state.checkpoint() } }
    return state.adapter.file(baseModelName: hubName?.text)
  }

  // MARK: Hidden states

  /// The hidden states behind blocks of the model, at the last position of some inputs. What stands before an input's
  /// last part is run as a prefix, once for inputs that follow one another with the same tokens there.
  package func hiddenStates(of inputs: [[PromptPart]], behind blocks: [Int]) throws -> [[[Float]]] {
    var known: (tokens: [[Int]], prefix: KeyValueCache)?
    return try inputs.map { input in
      let before = input.dropLast().compactMap { if case .tokens(let tokens) = $0 { tokens } else { nil } }
      guard before.count == input.count - 1, before.contains(where: { !$0.isEmpty }) else {
        return try model.hiddenStates(of: Self.rows(of: input, model), behind: blocks)
      }
      let prefix =
        if let known, known.tokens == before { known.prefix } else {
          try model.prefix(model.embed(before.flatMap(\.self)))
        }
      known = (before, prefix)
      return try model.hiddenStates(of: Self.rows(of: input.suffix(1), model), after: prefix, behind: blocks)
    }
  }
}

extension MethodSetup {
  var rule: any CombinationRule { parameters?.rule ?? LinearRule.single }
}
