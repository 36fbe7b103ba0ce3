/// Tunes one soft prompt: Opposite Prompt Optimization, Equations 3 and 4.
package struct PromptStage: StageSpecification {
  package static let kind = StageKind.prompt

  /// The optimizers.
  package enum Optimizer: String, Sendable, Hashable, Codable, CaseIterable {
    /// Adam (Kingma and Ba, 2015), without weight decay.
    case adam
    /// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    case adamw
  }

  /// What decides which step's prompt is kept.
  package enum ValidationCriterion: String, Sendable, Hashable, Codable, CaseIterable {
    /// The least total loss on the validation share.
    case loss
    /// The greatest difference between the refusal rates on held harmful and held harmless instructions (for SP; AP
    /// takes the least loss).
    case refusalGap = "refusal-gap"
    /// The last step's prompt is kept.
    case none
  }

  /// Where a soft prompt starts (Equation 1 and its alternatives).
  package struct Initialization: Codable, Sendable, Hashable {
    /// The kinds of start.
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
      /// The embeddings of a manual prompt's tokens: `z = τ(text)`.
      case text
      /// Independent normal numbers of mean 0 and standard deviation `scale`.
      case random
      /// Rows drawn from the model's embedding table, uniformly, with replacement.
      case vocabulary
      /// No information: every row is the embedding of the tokenizer's token for one newline. An empty prompt has no
      /// rows to tune, so `length` must be given.
      case null
    }

    package var kind: Kind
    /// The number of rows, P; nil follows the text's number of tokens.
    @Nullable package var length: Int?
    /// The standard deviation of `random` rows, in it nil for that of the embedding table's entries; nil for the other
    /// kinds.
    package var scale: Nullable<Double>?
    /// The text, where one is needed and given; nil takes it from the system prompts.
    package var text: String?

    package init(kind: Kind, length: Int?, scale: Double?, text: String?) {
      self.kind = kind
      _length = Nullable(wrappedValue: length)
      self.scale = kind == .random ? Nullable(wrappedValue: scale) : nil
      self.text = text
    }

    private enum CodingKeys: String, CodingKey { case kind, length, scale, text }

    /// Reads all of it; a scale of null is one that is there.
    package init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      kind = try members.decode(Kind.self, forKey: .kind)
      _length = Nullable(wrappedValue: try members.decodeIfPresent(Int.self, forKey: .length))
      scale =
        members.contains(.scale)
        ? Nullable(wrappedValue: try members.decodeIfPresent(Double.self, forKey: .scale)) : nil
      text = try members.decodeIfPresent(String.self, forKey: .text)
    }

    /// Whether the start depends on a text, for its words or for its number of tokens.
    package var needsText: Bool { kind == .text || length == nil }
  }

  /// What L_r, the term of the harmless instructions, is.
  package enum Regularizer: String, Sendable, Hashable, Codable, CaseIterable {
    /// The likelihood of their answers, as in the paper.
    case likelihood
    /// The Kullback-Leibler divergence of the untouched model's distribution from the prompted one's, at the same
    /// tokens: behavior is kept, not taught.
    case divergence
  }

  /// The weights of the objective's terms. A term of weight 0 has no influence.
  package struct Weights: Codable, Sendable, Hashable {
    /// The weight of L_p, the likelihood of the wanted answers to harmful instructions.
    package var likelihood: Double
    /// The weight of L_n, the unlikelihood of the unwanted ones.
    package var unlikelihood: Double
    /// The weight of L_r, the likelihood of the answers to harmless instructions.
    package var regularization: Double
    /// The weight of a term of this project's own, the unlikelihood of refusing a harmless instruction.
    package var harmlessRefusal: Double
    /// What L_r is; nil for the paper's.
    package var regularizer: Regularizer?

    /// Weights; the paper's where none are given.
    package init(
      likelihood: Double = 1, unlikelihood: Double = 1, regularization: Double = 1, harmlessRefusal: Double = 0,
      regularizer: Regularizer = .likelihood
    ) {
      self.regularizer = regularizer == .likelihood ? nil : regularizer
      self.likelihood = likelihood
      self.unlikelihood = unlikelihood
      self.regularization = regularization
      self.harmlessRefusal = harmlessRefusal
    }
  }

  /// What the loss of the safeguarding prompt is taken over.
  package enum Objective: String, Sendable, Hashable, Codable, CaseIterable {
    /// The probabilities of responses, Equation 3.
    case responses
    /// The model's hidden states: Directed Representation Optimization (Zheng et al., arXiv 2401.18018).
    case representation
  }

  /// The weights of the terms of a loss in hidden states; the authors' where none are given.
  package struct Representation: Codable, Sendable, Hashable {
    /// The weight of the direction of refusing.
    package var refusal: Double
    /// The weight of the direction of harm.
    package var harmfulness: Double
    /// The weight of what moves in all other directions.
    package var remainder: Double

    package init(refusal: Double = 1, harmfulness: Double = 0.01, remainder: Double = 0.001) {
      self.refusal = refusal
      self.harmfulness = harmfulness
      self.remainder = remainder
    }
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// Which of the two prompts.
    package var role: PromptRole
    /// Where it starts.
    package var initialization: Initialization
    /// The number of optimizer steps.
    package var steps: Int
    /// The number of anchor pairs a step.
    package var pairsPerStep: Int
    package var optimizer: Optimizer
    /// The learning rate after the warm-up.
    package var learningRate: Double
    /// How the learning rate goes on.
    package var schedule: LearningRateSchedule
    /// The number of steps over which the learning rate rises.
    package var warmupSteps: Int
    /// The decay of the first moment.
    package var beta1: Double
    /// The decay of the second moment.
    package var beta2: Double
    /// The term that keeps the update's denominator above 0.
    package var epsilon: Double
    /// AdamW's decoupled weight decay; nil for Adam.
    package var weightDecay: Double?
    /// The greatest norm of the gradient; nil leaves it as it is.
    @Nullable package var gradientClip: Double?
    /// The weights of the objective's terms.
    package var weights: Weights
    /// The weights of a loss in hidden states; nil where it is the paper's.
    package var representation: Representation?
    /// The share of the anchor instructions that is kept from tuning.
    package var validationShare: Double
    /// The number of steps from one validation to the next; nil without a validation share.
    package var validationEvery: Int?
    /// What decides which step's prompt is kept; nil without a validation share.
    package var validationCriterion: ValidationCriterion?
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    /// Whether the validation judges answers.
    package var judgesAnswers: Bool { role == .safeguarding && validationCriterion == .refusalGap }

    /// All parameters; those without influence are dropped.
    package init(
      role: PromptRole, initialization: Initialization, steps: Int, pairsPerStep: Int, optimizer: Optimizer,
      learningRate: Double, schedule: LearningRateSchedule, warmupSteps: Int, beta1: Double, beta2: Double,
      epsilon: Double, weightDecay: Double, gradientClip: Double?, weights: Weights, validationShare: Double,
      validationEvery: Int, validationCriterion: ValidationCriterion, precision: ModelComputation?,
      representation: Representation? = nil
    ) {
      // The adversarial prompt has no such loss.
      self.representation = role == .safeguarding ? representation : nil
      self.role = role
      self.initialization = initialization
      self.steps = steps
      self.pairsPerStep = pairsPerStep
      self.optimizer = optimizer
      self.learningRate = learningRate
      self.schedule = schedule
      self.warmupSteps = warmupSteps
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = optimizer == .adamw ? weightDecay : nil
      _gradientClip = Nullable(wrappedValue: gradientClip)
      self.weights = self.representation == nil ? weights : Weights()
      self.validationShare = validationShare
      self.validationEvery = validationShare > 0 ? validationEvery : nil
      self.validationCriterion = validationShare > 0 ? validationCriterion : nil
      self.precision = precision
    }
  }

  /// What the code reads of files and of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The anchor pairs.
    package var anchors: Reference<AnchorsStage>
    /// The manual system prompts, where the start takes its text from them.
    package var systemPrompts: Reference<Content.File>?
    /// Refusing phrases that are added to the judge's own, where the validation judges; nil for none.
    package var wordings: Reference<Content.File>?
    /// The directions that a loss in hidden states goes by; nil for the paper's loss.
    package var representation: Reference<RepresentationStage>?

    package init(
      model: ModelReference, anchors: Reference<AnchorsStage>, systemPrompts: Reference<Content.File>?,
      wordings: Reference<Content.File>? = nil, representation: Reference<RepresentationStage>? = nil
    ) {
      self.representation = representation
      self.wordings = wordings
      self.model = model.weights
      tokenizer = model.tokenizer
      self.anchors = anchors
      self.systemPrompts = systemPrompts
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs
  /// The seed of the start and of the order of pairs.
  package let seed: Int?

  /// 3: chat templates are run, and the base model is named as PEFT can load it. 5, at single precision of our own
  /// engine: the gradient's sums over the vocabulary are made of parts. One more where the validation judges answers:
  /// that of the judge by wording.
  package var version: Int { (parameters.precision == nil ? 5 : 3) + (parameters.judgesAnswers ? 1 : 0) }

  package init(parameters: Parameters, inputs: Inputs, seed: Int) {
    self.parameters = parameters
    self.inputs = inputs
    self.seed = seed
  }
}

extension StageKind {
  /// A tuned soft prompt.
  package static let prompt = StageKind("prompt")
}
