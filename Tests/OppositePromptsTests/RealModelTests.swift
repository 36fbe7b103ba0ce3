import Compute
import EngineContract
import LanguageModel
import OppositePrompts
import Stages
import TestSupport
import Testing

/// The objective and the optimizer on SmolLM2 against PyTorch.
@Suite(.serialized, .enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct RealModelTests {
  @Test func termsAndGradientsAreTheReferences() throws {
    let checks = ObjectiveChecks(model: try RealModel.shared(), fixture: try ObjectiveFixture("objective"))
    try checks.termsAndGradients(gradient: 1e-3)
  }

  @Test func probabilitiesOfTokensAreTheReferences() throws {
    let checks = ObjectiveChecks(model: try RealModel.shared(), fixture: try ObjectiveFixture("objective"))
    try checks.logProbabilities(of: [(.refused, "refused")], pairs: 1)
    try checks.termsOfSinglePairs()
  }

  /// Measured: of the 11,520 elements, 1, 3 and 9 are more than 1e-4 off after 1, 5 and 10 steps, and the others at
  /// most 7e-6 after the first; the root mean square is 1.8e-5, nearly all of it the one element of the other sign.
  @Test func optimizerStaysOnTheReferencesTrack() throws {
    let checks = ObjectiveChecks(model: try RealModel.shared(), fixture: try ObjectiveFixture("optimizer"))
    try checks.optimizerStaysOnTheReferencesTrack(rootMeanSquare: 3e-5, off: 11)
  }

  @Test func gradientHasTheSameBitsForAnyNumberOfThreads() throws {
    let fixture = try ObjectiveFixture("objective")
    let values = try [1, 2, 3].map { threads in
      let model = try RealModel.load(threads: threads)
      var activations = PackedActivations(model.configuration)
      return try fixture.objective(of: model, prompt: .adversarial).evaluate(
        fixture.softPrompt(), on: fixture.pairs(), activations: &activations)
    }
    #expect(values[0].gradient != nil)
    #expect(values[1] == values[0] && values[2] == values[0])
  }

  /// Three steps on refusals and general answers, as Safety Tuning makes them.
  @Test func anAdapterLearns() throws {
    let model = try RealModel.shared(), pairs = try ObjectiveFixture("objective").description.pairs
    let examples = (pairs.refused.prefix(2) + pairs.harmless.prefix(2)).map {
      AdapterExample(prompt: $0.beforeIDs + $0.afterIDs, response: $0.responseIDs)
    }
    let settings = try AdapterShape(rank: 8, alpha: 16, targets: [.query, .value])
    var state = AdapterTunerState(
      adapter: try model.initialAdapter(settings, seed: 1), optimizer: Optimizer(gradientClip: 1))
    var tuner = try AdapterTuner(
      model: model, examples: examples,
      settings: AdapterTunerSettings(
        steps: 3, examplesPerStep: examples.count, learningRate: 2e-3, schedule: .constant, warmupSteps: 0, seed: 1))
    var losses: [Double] = []
    try tuner.run(&state, onStep: { step, _ in losses.append(step.loss) })
    #expect(losses.count == 3 && losses[1] < losses[0] && losses[2] < losses[1] - 0.1, "\(losses)")
  }
}
