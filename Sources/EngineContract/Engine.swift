package import Compute
package import ModelFiles
package import Stages
package import Tokenization

/// A model, ready for work: what the stages' code asks of whatever runs it.
///
/// Texts become ids here, with the model's tokenizer and chat template; an engine answers, scores and differentiates
/// over ids. Answers and scores depend on their request alone, never on what else is worked on at the same time.
package protocol Engine {
  /// What artifacts say of the model: the name of the catalog's default model if it has its content, else its hash.
  var modelName: String { get }
  /// The model's name on the Hugging Face hub, where the catalog or its own files say it: what PEFT can load.
  var hubName: HubName? { get }
  /// Turns text into ids and back.
  var tokenizer: Tokenizer { get }
  /// Frames instructions as the model expects them.
  var conversation: ConversationEncoder { get }
  /// The model's dimensions.
  var dimensions: ModelDimensions { get }

  /// The answers to some requests under a method, in their order.
  /// - Parameter watch: What is told while they are made; may throw to stop.
  /// - Throws: An engine's error for a conversation that is too long; what `watch` throws.
  func answers(
    to requests: [GenerationRequest], under method: MethodSetup, sampling: AnswerSampling,
    watch: GenerationWatch
  ) throws -> [GeneratedAnswer]

  /// What the method did at each token of some answers, given again as they were made.
  func steps(of answers: [AnswerTokens], under method: MethodSetup) throws -> [[TokenStep]]

  /// How likely a method holds given continuations, in the requests' order.
  /// - Parameters:
  ///   - reference: The stream from whose distribution the divergence is taken; nil for none.
  ///   - onProgress: Called with the number of requests done; may throw to stop.
  func scores(
    of requests: [ContinuationRequest], under method: MethodSetup, reference: EngineStream?,
    onProgress: (Int) throws -> Void
  ) throws -> [ContinuationScore]

  /// The rows of a soft prompt before its first step, `[P, d]`.
  /// - Parameters:
  ///   - seed: With `role`, what the random numbers are a function of.
  func initialRows(_ start: PromptStart, seed: UInt64, role: PromptRole) throws -> Matrix

  /// The loss of one of the two soft prompts, and its gradient.
  func objective(for role: PromptRole, weights: PromptStage.Weights) throws -> any PromptObjective

  /// The loss of the safeguarding prompt in the model's hidden states, and its gradient (`RepresentationStage`).
  /// - Parameter start: The rows of the prompt from whose states it is measured, `[P, d]`.
  func representationObjective(
    in space: RepresentationSpace, weights: PromptStage.Representation, start: Matrix
  ) throws -> any PromptObjective

  /// Trains a low-rank adapter on responses.
  /// - Parameters:
  ///   - checkpoint: What an interrupted training left; nil, or unfit, to begin anew.
  ///   - onStep: Called after each step, with what gives the checkpoint behind it; may throw to stop.
  func trainAdapter(
    _ parameters: AdapterStage.Parameters, on examples: [AdapterExample], seed: UInt64, from checkpoint: [UInt8]?,
    onStep: (AdapterStep, () throws -> [UInt8]) throws -> Void
  ) throws -> LoraAdapterFile

  /// The hidden states behind blocks of the model, at the last position of some inputs: for each input, for each of the
  /// blocks, `[width]`. Block 0 is the embeddings; the number of blocks plus 1 is what the head reads, behind the last
  /// norm.
  func hiddenStates(of inputs: [[PromptPart]], behind blocks: [Int]) throws -> [[[Float]]]
}

/// The dimensions of a model.
package struct ModelDimensions: Sendable, Hashable {
  /// d, the width of the embeddings.
  package let width: Int
  /// The number of blocks.
  package let layers: Int
  /// The number of attention heads of a block.
  package let attentionHeads: Int
  /// The number of tokens.
  package let vocabularySize: Int
  /// The most positions of one conversation.
  package let positionLimit: Int

  package init(width: Int, layers: Int, attentionHeads: Int, vocabularySize: Int, positionLimit: Int) {
    self.width = width
    self.layers = layers
    self.attentionHeads = attentionHeads
    self.vocabularySize = vocabularySize
    self.positionLimit = positionLimit
  }
}
