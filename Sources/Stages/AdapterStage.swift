/// Trains one low-rank adapter on refusals of the harmful anchors mixed with general data, the harmless ones' answers.
package struct AdapterStage: StageSpecification {
  package static let kind = StageKind.adapter

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// The rank of the update.
    package var rank: Int
    /// The update is scaled by `alpha / rank`.
    package var alpha: Double
    /// The linear layers that are adapted, by their names in Hugging Face's models.
    package var targets: [String]
    /// Optimizer steps (AdamW); nil where the epochs say how many.
    package var steps: Int?
    /// How often each example is seen; nil where the steps are given.
    package var epochs: Int?
    /// Examples in a step.
    package var examplesPerStep: Int
    /// The largest learning rate.
    package var learningRate: Double
    /// How the learning rate goes on after the warm-up.
    package var schedule: LearningRateSchedule
    /// Steps over which it first rises.
    package var warmupSteps: Int
    /// The share of general data among the examples, below 1.
    package var generalShare: Double
    /// The gradient's largest norm; nil for 1.
    package var gradientClip: Double?
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    package init(
      rank: Int, alpha: Double, targets: [String], steps: Int, epochs: Int? = nil, examplesPerStep: Int,
      learningRate: Double, schedule: LearningRateSchedule, warmupSteps: Int, generalShare: Double,
      gradientClip: Double = 1, precision: ModelComputation? = nil
    ) {
      self.rank = rank
      self.alpha = alpha
      self.targets = targets
      self.steps = epochs == nil ? steps : nil
      self.epochs = epochs
      self.examplesPerStep = examplesPerStep
      self.learningRate = learningRate
      self.schedule = schedule
      self.warmupSteps = warmupSteps
      self.generalShare = generalShare
      self.gradientClip = gradientClip == 1 ? nil : gradientClip
      self.precision = precision
    }

    /// The number of optimizer steps over so many examples.
    package func steps(over examples: Int) -> Int {
      let count = max(1, examplesPerStep)
      return epochs.map { $0 * ((examples + count - 1) / count) } ?? steps ?? 0
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

    package init(model: ModelReference, anchors: Reference<AnchorsStage>) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.anchors = anchors
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs
  /// The seed of the adapter's start and of the order of examples.
  package let seed: Int?

  /// 2: the base model is named as PEFT can load it. 3, at single precision of our own engine: the gradient's sums over
  /// the vocabulary are made of parts.
  package var version: Int { parameters.precision == nil ? 3 : 2 }

  package init(parameters: Parameters, inputs: Inputs, seed: Int) {
    self.parameters = parameters
    self.inputs = inputs
    self.seed = seed
  }
}

extension StageKind {
  /// A trained low-rank adapter.
  package static let adapter = StageKind("adapter")
}
