import JSON
package import Stages

/// How both soft prompts are tuned.
package struct TuningSettings: Sendable, Hashable {
  package var initialization = InitializationSettings()
  package var steps = 200
  package var adversarialSteps: Int?
  package var pairsPerStep = 9
  package var optimizer = PromptStage.Optimizer.adam
  package var learningRate = 1e-3
  package var schedule = LearningRateSchedule.constant
  package var warmupSteps = 0
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8
  package var weightDecay = 0.0
  package var gradientClip: Double? = 1
  package var weights = WeightSettings()
  package var objective = PromptStage.Objective.responses
  package var representation = RepresentationSettings()
  package var validationShare = 0.2
  package var validationEvery = 20
  package var validationCriterion = PromptStage.ValidationCriterion.loss

  /// The weights of the objective's terms. A term of weight 0 has no influence.
  package struct WeightSettings: Sendable, Hashable {
    package var likelihood = 1.0
    package var unlikelihood = 1.0
    package var regularization = 1.0
    package var harmlessRefusal = 0.0
    package var regularizer = PromptStage.Regularizer.likelihood
  }

  /// The loss in hidden states.
  package struct RepresentationSettings: Sendable, Hashable {
    package var components = 4
    package var refusal = 1.0
    package var harmfulness = 0.01
    package var remainder = 0.001
  }

  /// What of the section can change a role's prompt.
  func parameters(of role: PromptRole, precision: ModelComputation?) -> PromptStage.Parameters {
    PromptStage.Parameters(
      role: role, initialization: initialization.parameters(of: role),
      steps: role == .adversarial ? adversarialSteps ?? steps : steps, pairsPerStep: pairsPerStep,
      optimizer: optimizer, learningRate: learningRate, schedule: schedule, warmupSteps: warmupSteps, beta1: beta1,
      beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, gradientClip: gradientClip,
      weights: PromptStage.Weights(
        likelihood: weights.likelihood, unlikelihood: weights.unlikelihood, regularization: weights.regularization,
        // In AP the term would make the contrast push such refusals up.
        harmlessRefusal: role == .adversarial ? 0 : weights.harmlessRefusal, regularizer: weights.regularizer),
      validationShare: validationShare, validationEvery: validationEvery, validationCriterion: validationCriterion,
      precision: precision,
      representation: objective == .responses
        ? nil
        : PromptStage.Representation(
          refusal: representation.refusal, harmfulness: representation.harmfulness,
          remainder: representation.remainder))
  }
}

extension TuningSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .section(
      "initialization", \.initialization, example: ["kind": "random", "length": 20],
      "How the prompts are initialized. See below."),
    .integer(
      "steps", \.steps, in: ManifestLimits.countsOrZero, example: 100,
      "Optimizer steps. 0 leaves the prompts at their initialization."),
    .optionalInteger(
      "adversarialSteps", \.adversarialSteps, in: ManifestLimits.countsOrZero, example: 30,
      "The steps of the adversarial prompt. `null` uses `steps`. It has less to learn, since an untuned model answers "
        + "already."),
    .integer(
      "pairsPerStep", \.pairsPerStep, in: ManifestLimits.counts, example: 12,
      "Anchor pairs per step: a third (rounded down, at least one) from each of D_HR, D_HA and D_S. With "
        + "`harmlessRefusal`, the safeguarding prompt gets as many again from the refused harmless pairs."),
    .choice("optimizer", \.optimizer, example: "adamw", "The optimizer."),
    .number("learningRate", \.learningRate, .positive, example: 0.0005, "The learning rate after the warm-up."),
    .choice(
      "schedule", \.schedule, example: "cosine",
      "The learning rate after the warm-up: constant, or decaying to 0 at the end along half a cosine or a line."),
    .integer(
      "warmupSteps", \.warmupSteps, in: ManifestLimits.countsOrZero, example: 10,
      "Over the first *n* steps, the learning rate rises linearly from 1/*n* of its value."),
    .number("beta1", \.beta1, .shareBelowOne, example: 0.8, "Decay of the gradient's running mean."),
    .number("beta2", \.beta2, .shareBelowOne, example: 0.99, "Decay of the squared gradient's running mean."),
    .number("epsilon", \.epsilon, .positive, example: 1e-6, "A constant that keeps the update's denominator above 0."),
    .number(
      "weightDecay", \.weightDecay, .notNegative, example: 0.01,
      "Decoupled weight decay. Must be 0 with `\"adam\"`."),
    .optionalNumber(
      "gradientClip", \.gradientClip, .positive, example: nil,
      "The maximum Euclidean norm of the gradient. `null` turns clipping off."),
    .section(
      "weights", \.weights, example: ["regularization": 2], "The weights of the loss terms. See below."),
    .choice(
      "objective", \.objective, example: "representation",
      "What the safeguarding prompt is tuned on: responses (Equation 3), or the model's hidden states, as in DRO "
        + "([methods.md](methods.md#other-tuning-objectives)). The adversarial prompt is always tuned on responses."),
    .section(
      "representation", \.representation, example: ["remainder": 0.01],
      "The loss in hidden states. It has no effect on the objective `responses`."),
    .number(
      "validationShare", \.validationShare, .shareBelowOne, example: 0,
      "The share of instructions held out for validation: of each kind, the last ones in order of `id`. 0 turns "
        + "validation off."),
    .integer(
      "validationEvery", \.validationEvery, in: ManifestLimits.counts, example: 10,
      "Steps between two validations. The initial prompt and the last step are validated too."),
    .choice(
      "validationCriterion", \.validationCriterion, example: "refusal-gap", "Which step's prompt is kept. See below."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    guard optimizer == .adam, weightDecay != 0 else { return }
    throw ManifestError(
      at: "\(place).weightDecay", found: JSONValue.number(weightDecay).canonical,
      expected: "0 with the optimizer \"adam\" (weight decay belongs to \"adamw\")")
  }
}

extension TuningSettings.WeightSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .number(
      "likelihood", \.likelihood, .notNegative, example: 2,
      "L_p: the likelihood of D_HR (for the adversarial prompt, of D_HA)."),
    .number(
      "unlikelihood", \.unlikelihood, .notNegative, example: 0.5,
      "L_n: the unlikelihood of D_HA (for the adversarial prompt, of D_HR)."),
    .number(
      "regularization", \.regularization, .notNegative, example: 3,
      "L_r: the likelihood of D_S, or what `regularizer` says."),
    .choice(
      "regularizer", \.regularizer, example: "divergence",
      "The form of L_r. `\"divergence\"` is the Kullback-Leibler divergence of the untouched model's next-token "
        + "distribution (with an empty prompt instead of the soft one) from the prompted model's, at the tokens of "
        + "D_S. It preserves harmless behavior without teaching an answer."),
    .number(
      "harmlessRefusal", \.harmlessRefusal, .notNegative, example: 1,
      "A term that the paper does not have: the unlikelihood of refusing harmless instructions. It applies to the "
        + "safeguarding prompt only. In the adversarial prompt, it would make the contrast push such refusals up."),
  ]
}

extension TuningSettings.RepresentationSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .integer(
      "components", \.components, in: ManifestLimits.counts, example: 8,
      "The number of principal components of the anchors' hidden states. The directions of refusal and of harm are "
        + "fitted in them."),
    .number(
      "refusal", \.refusal, .notNegative, example: 2,
      "The weight of the refusal direction: harmful instructions move along it, harmless ones against it."),
    .number(
      "harmfulness", \.harmfulness, .notNegative, example: 0.1,
      "The weight of the direction of harm, in the same way."),
    .number(
      "remainder", \.remainder, .notNegative, example: 0.01,
      "The weight of the penalty on movement in all other directions."),
  ]
}
