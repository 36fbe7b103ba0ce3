package import Compute
package import EngineContract
import LanguageModel
package import Stages

/// How a soft prompt is tuned.
package struct TunerSettings: Sendable {
  /// Number of optimizer steps.
  package var steps: Int
  /// Pairs of the paper's three sets in a step.
  package var pairsPerStep: Int
  /// The largest learning rate.
  package var learningRate: Double
  /// How it changes.
  package var schedule: LearningRateSchedule
  /// Steps over which it first rises.
  package var warmupSteps: Int
  /// How many steps pass between two validations; 0 for none.
  package var validationEvery: Int
  /// The seed of the order of pairs.
  package var seed: UInt64

  /// Settings; see the manifest for what each is by default.
  package init(
    steps: Int, pairsPerStep: Int, learningRate: Double, schedule: LearningRateSchedule, warmupSteps: Int,
    validationEvery: Int, seed: UInt64
  ) {
    self.steps = steps
    self.pairsPerStep = pairsPerStep
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmupSteps = warmupSteps
    self.validationEvery = validationEvery
    self.seed = seed
  }
}

/// One step of a tuning run, for its log.
package struct TunedStep: Sendable {
  /// The step's number, from 1.
  package var step: Int
  /// The loss's terms before the step.
  package var value: ObjectiveValue
  /// The gradient's norm before it was shortened.
  package var gradientNorm: Double
  /// The learning rate of the step.
  package var learningRate: Double
}

/// Everything that a tuning run carries from step to step; kept, it lets an interrupted run go on to the same end.
package struct TunerState: Sendable, Codable {
  /// A validated prompt.
  package struct Validated: Sendable, Codable {
    /// How good it is, larger is better.
    package var score: Double
    /// The steps made before it.
    package var step: Int
    /// z, `[P, d]`.
    package var prompt: Matrix

    /// A prompt and how well it validated.
    package init(score: Double, step: Int, prompt: Matrix) {
      self.score = score
      self.step = step
      self.prompt = prompt
    }
  }

  /// Steps made.
  package var step = 0
  /// z, `[P, d]`.
  package var prompt: Matrix
  /// The optimizer with its running means.
  package var optimizer: Optimizer
  /// The prompt that validated best, and how well; nil before the first validation.
  package var best: Validated?

  /// The state before the first step.
  package init(prompt: Matrix, optimizer: Optimizer) {
    self.prompt = prompt
    self.optimizer = optimizer
  }

  /// What tuning gives: the prompt that validated best, or the last one where nothing was validated.
  package var result: Matrix { best?.prompt ?? prompt }
}

/// Opposite Prompt Optimization of one prompt: only z is trained, the model is frozen.
package struct Tuner {
  private var objective: any PromptObjective
  private let terms: any LossTerms
  private let settings: TunerSettings
  private let sampler: PairSampler

  /// A tuner over training pairs.
  /// - Parameters:
  ///   - objective: What gives loss and gradient.
  ///   - terms: The terms of which that loss is made.
  package init(
    objective: any PromptObjective, terms: any LossTerms, pairs: [TrainingPair], settings: TunerSettings
  ) {
    self.objective = objective
    self.terms = terms
    self.settings = settings
    sampler = PairSampler(
      pairs.filter { terms.uses($0.category) }, pairsPerStep: settings.pairsPerStep, seed: settings.seed)
  }

  /// A tuner with the native objective.
  package init(objective: Objective, pairs: [TrainingPair], settings: TunerSettings) {
    self.init(objective: ObjectivePass(objective), terms: objective.terms, pairs: pairs, settings: settings)
  }

  /// Makes the steps that are left.
  /// - Parameters:
  ///   - state: Where to begin; afterwards, where the run stands.
  ///   - validate: How good a prompt is after some steps, larger is better. It sees the loss function of this tuner.
  ///   - onStep: Called after each step, with the state behind it.
  /// - Throws: `LanguageModelError`, and whatever the closures throw; the state is then that of the last whole step.
  package mutating func run(
    _ state: inout TunerState, validate: (Matrix, Int, inout Tuner) throws -> Double,
    onStep: (TunedStep, TunerState) throws -> Void
  ) throws {
    if state.step == 0, settings.validationEvery > 0, state.best == nil {
      state.best = .init(score: try validate(state.prompt, 0, &self), step: 0, prompt: state.prompt)
    }
    while state.step < settings.steps {
      let value = try objective.value(of: state.prompt, on: sampler.pairs(step: state.step), wantsGradient: true)
      guard let gradient = value.gradient else { return }
      let rate =
        settings.learningRate
        * settings.schedule.factor(step: state.step, steps: settings.steps, warmupSteps: settings.warmupSteps)
      // The state takes the step once it is validated too: an interrupt before then has it made again.
      var next = state
      let norm = next.optimizer.update(&next.prompt, gradient: gradient, learningRate: rate)
      next.step += 1
      let isLast = next.step == settings.steps
      if settings.validationEvery > 0, next.step % settings.validationEvery == 0 || isLast {
        let score = try validate(next.prompt, next.step, &self)
        if score > next.best?.score ?? -.infinity {
          next.best = .init(score: score, step: next.step, prompt: next.prompt)
        }
      }
      state = next
      try onStep(TunedStep(step: state.step, value: value, gradientNorm: norm, learningRate: rate), state)
    }
  }

  /// The loss of a prompt on some pairs, without its gradient; worked on in parts, so that no more memory is held than
  /// in a step of tuning.
  package mutating func loss(_ prompt: Matrix, on pairs: [TrainingPair]) throws -> ObjectiveValue {
    var parts: [(value: ObjectiveValue, pairs: [TrainingPair])] = []
    for start in stride(from: 0, to: pairs.count, by: settings.pairsPerStep) {
      let part = Array(pairs[start..<min(start + settings.pairsPerStep, pairs.count)])
      parts.append(
        (try objective.value(of: prompt, on: part, wantsGradient: false), part))
    }
    return terms.joining(parts)
  }
}
