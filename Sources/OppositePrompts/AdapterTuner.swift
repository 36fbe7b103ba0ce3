package import Compute
package import EngineContract
import Foundation
package import LanguageModel
import Randomness
package import Stages

/// How a low-rank adapter is trained.
package struct AdapterTunerSettings: Sendable {
  /// Number of optimizer steps.
  package var steps: Int
  /// Examples in a step.
  package var examplesPerStep: Int
  /// The largest learning rate.
  package var learningRate: Double
  /// How it changes.
  package var schedule: LearningRateSchedule
  /// Steps over which it first rises.
  package var warmupSteps: Int
  /// The seed of the order of examples.
  package var seed: UInt64

  package init(
    steps: Int, examplesPerStep: Int, learningRate: Double, schedule: LearningRateSchedule, warmupSteps: Int,
    seed: UInt64
  ) {
    self.steps = steps
    self.examplesPerStep = examplesPerStep
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmupSteps = warmupSteps
    self.seed = seed
  }
}

/// Everything that an adapter's training carries from step to step; kept, it lets an interrupted run go on to the same
/// end.
package struct AdapterTunerState: Sendable, Equatable, Codable {
  /// Steps made.
  package private(set) var step = 0
  /// The adapter so far.
  package private(set) var adapter: LowRankAdapter
  /// The optimizer with its running means.
  package private(set) var optimizer: Optimizer

  /// The state before the first step.
  package init(adapter: LowRankAdapter, optimizer: Optimizer) {
    self.adapter = adapter
    self.optimizer = optimizer
  }

  /// One step down the gradient; gives the gradient's norm.
  fileprivate mutating func update(gradient: [LowRankPair], learningRate: Double) -> Double {
    var matrices = adapter.matrices
    let norm = optimizer.update(
      &matrices, gradients: gradient.flatMap { [$0.a, $0.b] }, learningRate: learningRate)
    for index in adapter.pairs.indices {
      adapter.pairs[index] = LowRankPair(a: matrices[2 * index], b: matrices[2 * index + 1])
    }
    step += 1
    return norm
  }
}

/// Trains a low-rank adapter of a frozen model on responses.
///
/// The examples come in a new random order every time they are used up. A step's examples are a function of the seed
/// and the step's number, so an interrupted run goes on as if it had not been.
package struct AdapterTuner {
  private let model: LanguageModel
  private let examples: [AdapterExample]
  private let settings: AdapterTunerSettings
  private var activations: PackedActivations

  /// A tuner over examples: for Safety Tuning refusals mixed with general answers, for SafeDecoding's expert refusals.
  /// - Throws: `MemoryError` where gradients do not fit.
  package init(
    model: LanguageModel, examples: [AdapterExample], settings: AdapterTunerSettings
  ) throws(MemoryError) {
    self.model = try model.preparedForGradients()
    self.examples = examples
    self.settings = settings
    activations = PackedActivations(model.configuration)
  }

  /// Makes the steps that are left; none where there are no examples.
  /// - Parameters:
  ///   - state: Where to begin; afterwards, where the run stands.
  ///   - onStep: Called after each step, with the state behind it.
  /// - Throws: `LanguageModelError`, and whatever the closure throws; the state is then that of the last whole step.
  package mutating func run(
    _ state: inout AdapterTunerState, onStep: (AdapterStep, AdapterTunerState) throws -> Void
  ) throws {
    try settings.run(
      &state, over: examples, onStep: onStep,
      loss: { try model.loss(of: $0, on: $1, activations: &activations) })
  }

  /// The loss of an adapter on some examples, without its gradient; worked on in parts of a step's size.
  /// - Throws: `LanguageModelError`.
  package mutating func loss(
    of adapter: LowRankAdapter, on examples: [AdapterExample]
  ) throws(LanguageModelError) -> AdapterLoss {
    var sum = 0.0, tokens = 0
    let count = max(1, settings.examplesPerStep)
    for start in stride(from: 0, to: examples.count, by: count) {
      let part = try model.loss(
        of: adapter, on: Array(examples[start..<min(start + count, examples.count)]), activations: &activations,
        wantsGradient: false)
      sum += part.mean * Double(part.tokens)
      tokens += part.tokens
    }
    return AdapterLoss(mean: tokens == 0 ? 0 : sum / Double(tokens), tokens: tokens)
  }

  /// The examples of one step, counted from 0.
  func examples(step: Int) -> [AdapterExample] { settings.examples(step: step, of: examples) }
}

extension AdapterTunerSettings {
  /// Makes the steps that are left; none where there are no examples.
  /// - Parameters:
  ///   - loss: The loss of an adapter on some examples, with its gradient.
  package func run(
    _ state: inout AdapterTunerState, over examples: [AdapterExample],
    onStep: (AdapterStep, AdapterTunerState) throws -> Void,
    loss: (LowRankAdapter, [AdapterExample]) throws -> AdapterLoss
  ) throws {
    while state.step < steps, !examples.isEmpty {
      let loss = try loss(state.adapter, self.examples(step: state.step, of: examples))
      guard let gradient = loss.gradient else { return }
      let rate = learningRate * schedule.factor(step: state.step, steps: steps, warmupSteps: warmupSteps)
      let norm = state.update(gradient: gradient, learningRate: rate)
      try onStep(
        AdapterStep(
          step: state.step, loss: loss.mean, tokens: loss.tokens, gradientNorm: norm, learningRate: rate), state)
    }
  }

  /// The examples of one step, counted from 0.
  fileprivate func examples(step: Int, of examples: [AdapterExample]) -> [AdapterExample] {
    let count = max(1, examplesPerStep)
    return ShuffledRounds(of: examples.count, seed: seed).draws(step * count..<(step + 1) * count)
      .map { examples[$0.index] }
  }
}

extension AdapterTunerState {
  /// The state before the first step.
  /// - Parameter parameters: Of the stage.
  package init(_ adapter: LowRankAdapter, _ parameters: AdapterStage.Parameters) {
    self.init(
      adapter: adapter,
      optimizer: Optimizer(
        beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: parameters.gradientClip ?? 1))
  }

  /// The state that an interrupted training left; the start where there is none, or one of another adapter.
  package static func continuing(_ checkpoint: [UInt8]?, from start: AdapterTunerState) -> AdapterTunerState {
    guard let checkpoint, let state = try? PropertyListDecoder().decode(Self.self, from: Data(checkpoint)),
      state.adapter.settings == start.adapter.settings,
      state.adapter.matrices.map(\.rows) == start.adapter.matrices.map(\.rows),
      state.adapter.matrices.map(\.columns) == start.adapter.matrices.map(\.columns)
    else { return start }
    return state
  }

  /// What an interrupted training leaves.
  package func checkpoint() throws -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return Array(try encoder.encode(self))
  }
}

extension AdapterTunerSettings {
  /// How a stage's parameters train over so many examples.
  package init(_ parameters: AdapterStage.Parameters, examples: Int, seed: UInt64) {
    self.init(
      steps: parameters.steps(over: examples), examplesPerStep: parameters.examplesPerStep,
      learningRate: parameters.learningRate, schedule: parameters.schedule, warmupSteps: parameters.warmupSteps,
      seed: seed)
  }
}
