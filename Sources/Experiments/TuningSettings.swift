import JSON

/// How both soft prompts are tuned.
package struct TuningSettings: Sendable, Hashable {
  /// The optimizers.
  package enum Optimizer: String, Sendable, Hashable, CaseIterable {
    /// Adam (Kingma and Ba, 2015), without weight decay.
    case adam
    /// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    case adamw
  }

  /// How the learning rate goes on after the warm-up.
  package enum Schedule: String, Sendable, Hashable, CaseIterable {
    /// It stays.
    case constant
    /// It falls towards 0 at the end as half a cosine.
    case cosine
    /// It falls towards 0 at the end as a straight line.
    case linear
  }

  /// What decides which step's prompt is kept.
  package enum ValidationCriterion: String, Sendable, Hashable, CaseIterable {
    /// The least total loss on the validation share.
    case loss
    /// The greatest difference between the refusal rates on held harmful and held harmless instructions (for SP; AP
    /// takes the least loss).
    case refusalGap = "refusal-gap"
    /// The last step's prompt is kept.
    case none
  }

  /// The weights of the objective's terms. A term of weight 0 has no influence.
  package struct Weights: Sendable, Hashable {
    /// The weight of L_p, the likelihood of D_HR (for AP: of D_HA). Default 1.
    package var likelihood: Double
    /// The weight of L_n, the unlikelihood of D_HA (for AP: of D_HR). Default 1.
    package var unlikelihood: Double
    /// The weight of L_r, the likelihood of D_S. Default 1.
    package var regularization: Double
    /// The weight of a term of this project's own that makes refusing harmless requests unlikely. Default 0: the
    /// paper's objective. It acts on SP alone: in AP it would make the contrast push such refusals up.
    package var harmlessRefusal: Double

    enum Key: String, CaseIterable {
      case likelihood, unlikelihood, regularization, harmlessRefusal
    }

    init(reading value: JSONValue?, at path: String) throws(ManifestError) {
      let section = try ManifestSection<Key>(value, at: path)
      likelihood = try section.number(.likelihood, default: 1, .notNegative)
      unlikelihood = try section.number(.unlikelihood, default: 1, .notNegative)
      regularization = try section.number(.regularization, default: 1, .notNegative)
      harmlessRefusal = try section.number(.harmlessRefusal, default: 0, .notNegative)
    }

    /// The weights for one of the two prompts.
    package func weights(of role: PromptRole) -> Weights {
      var weights = self
      if role == .adversarial { weights.harmlessRefusal = 0 }
      return weights
    }

    /// The section with every key.
    var resolved: JSONValue {
      [
        "likelihood": .number(likelihood), "unlikelihood": .number(unlikelihood),
        "regularization": .number(regularization), "harmlessRefusal": .number(harmlessRefusal),
      ]
    }
  }

  /// Where the prompts start.
  package var initialization: InitializationSettings
  /// The number of optimizer steps; 0 leaves the prompts at their start. Default 200.
  package var steps: Int
  /// The number of steps of the adversarial prompt alone; nil (the default) takes `steps`. It has less to learn: an
  /// untuned model answers already.
  package var adversarialSteps: Int?
  /// The number of anchor pairs a step: a third of it from each of the paper's sets. Default 9.
  package var pairsPerStep: Int
  /// The optimizer. Default `adam`.
  package var optimizer: Optimizer
  /// The learning rate after the warm-up. Default 0.001.
  package var learningRate: Double
  /// How the learning rate goes on after the warm-up. Default `constant`.
  package var schedule: Schedule
  /// The number of steps over which the learning rate rises linearly, from 1/n of it. Default 0.
  package var warmupSteps: Int
  /// The decay of the first moment, in [0, 1). Default 0.9.
  package var beta1: Double
  /// The decay of the second moment, in [0, 1). Default 0.999.
  package var beta2: Double
  /// The term that keeps the update's denominator above 0. Default 1e-8.
  package var epsilon: Double
  /// AdamW's decoupled weight decay. Default 0.
  package var weightDecay: Double
  /// The greatest Euclidean norm of the gradient, or nil to leave it as it is. Default 1.
  package var gradientClip: Double?
  /// The weights of the objective's terms.
  package var weights: Weights
  /// The share of the anchor instructions that is kept from tuning and decides when to stop, in [0, 1). Default
  /// 0.2. At 0 there is no validation, and the last step's prompt is kept.
  package var validationShare: Double
  /// The number of steps from one validation to the next. Default 20.
  package var validationEvery: Int
  /// What decides which step's prompt is kept. Default `loss`.
  package var validationCriterion: ValidationCriterion

  enum Key: String, CaseIterable {
    case initialization, steps, adversarialSteps, pairsPerStep, optimizer, learningRate, schedule, warmupSteps, beta1
    case beta2, epsilon, weightDecay, gradientClip, weights, validationShare, validationEvery, validationCriterion
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    initialization = try InitializationSettings(
      reading: section.value(.initialization), at: section.path(.initialization))
    steps = try section.integer(.steps, default: 200, in: ManifestLimits.countsOrZero)
    adversarialSteps = try section.optionalInteger(.adversarialSteps, in: ManifestLimits.countsOrZero)
    pairsPerStep = try section.integer(.pairsPerStep, default: 9, in: ManifestLimits.counts)
    optimizer = try section.choice(.optimizer, default: .adam)
    learningRate = try section.number(.learningRate, default: 1e-3, .positive)
    schedule = try section.choice(.schedule, default: .constant)
    warmupSteps = try section.integer(.warmupSteps, default: 0, in: ManifestLimits.countsOrZero)
    beta1 = try section.number(.beta1, default: 0.9, .shareBelowOne)
    beta2 = try section.number(.beta2, default: 0.999, .shareBelowOne)
    epsilon = try section.number(.epsilon, default: 1e-8, .positive)
    weightDecay = try section.number(.weightDecay, default: 0, .notNegative)
    gradientClip = try section.optionalNumber(.gradientClip, default: 1, .positive)
    weights = try Weights(reading: section.value(.weights), at: section.path(.weights))
    validationShare = try section.number(.validationShare, default: 0.2, .shareBelowOne)
    validationEvery = try section.integer(.validationEvery, default: 20, in: ManifestLimits.counts)
    validationCriterion = try section.choice(.validationCriterion, default: .loss)
    if optimizer == .adam && weightDecay != 0 {
      throw section.invalid(
        .weightDecay, found: JSONValue.number(weightDecay).canonical,
        expected: "0 with the optimizer \"adam\" (weight decay belongs to \"adamw\")")
    }
  }

  /// The number of steps of one of the two prompts.
  package func steps(of role: PromptRole) -> Int {
    switch role {
    case .safeguarding: steps
    case .adversarial: adversarialSteps ?? steps
    }
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "initialization": initialization.resolved, "steps": .integer(steps),
      "adversarialSteps": adversarialSteps.map(JSONValue.integer) ?? .null, "pairsPerStep": .integer(pairsPerStep),
      "optimizer": .string(optimizer.rawValue), "learningRate": .number(learningRate),
      "schedule": .string(schedule.rawValue), "warmupSteps": .integer(warmupSteps), "beta1": .number(beta1),
      "beta2": .number(beta2), "epsilon": .number(epsilon), "weightDecay": .number(weightDecay),
      "gradientClip": gradientClip.map(JSONValue.number) ?? .null, "weights": weights.resolved,
      "validationShare": .number(validationShare), "validationEvery": .integer(validationEvery),
      "validationCriterion": .string(validationCriterion.rawValue),
    ]
  }
}
