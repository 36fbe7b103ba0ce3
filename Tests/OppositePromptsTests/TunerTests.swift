import Compute
import EngineContract
import LanguageModel
import OppositePrompts
import Stages
import TestSupport
import Testing

struct TunerTests {
  private let model: LanguageModel
  private let fixture: ObjectiveFixture

  init() throws {
    model = try TinyModel.f32.load()
    fixture = try ObjectiveFixture("tiny-objective")
  }

  private func tuner(
    steps: Int, validationEvery: Int = 0, learningRate: Double = 0.01, threads: Int = 2, harmlessRefusal: Double = 0
  ) throws -> Tuner {
    let model = try TinyModel.f32.load(threads: threads)
    return Tuner(
      objective: try fixture.objective(
        of: model, prompt: .safeguarding, weights: PromptStage.Weights(harmlessRefusal: harmlessRefusal)),
      pairs: fixture.pairs(),
      settings: TunerSettings(
        steps: steps, pairsPerStep: 3, learningRate: learningRate, schedule: .cosine, warmupSteps: 2,
        validationEvery: validationEvery, seed: 3))
  }

  private func start() throws -> TunerState {
    TunerState(prompt: try fixture.softPrompt(), optimizer: Optimizer(weightDecay: 0.01, gradientClip: 0.3))
  }

  /// How good a prompt is in these tests: less loss on the harmless pairs.
  private func score(_ prompt: Matrix, _ tuner: inout Tuner) throws -> Double {
    -(try tuner.loss(prompt, on: fixture.pairs([.harmless])).regularization)
  }

  private func expectSame(
    _ found: TunerState, _ expected: TunerState, _ name: String = "", sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.step == expected.step, "\(name)", sourceLocation: sourceLocation)
    assertSameBits(found.prompt.values, expected.prompt.values, "\(name), prompt", sourceLocation: sourceLocation)
    let optimizersAreSame = found.optimizer == expected.optimizer
    #expect(optimizersAreSame, "\(name)", sourceLocation: sourceLocation)
    #expect(found.best?.step == expected.best?.step, "\(name)", sourceLocation: sourceLocation)
    #expect(found.best?.score == expected.best?.score, "\(name)", sourceLocation: sourceLocation)
    if let best = found.best, let other = expected.best {
      assertSameBits(best.prompt.values, other.prompt.values, "\(name), best prompt", sourceLocation: sourceLocation)
    }
  }

  @Test func lowersTheLossAndLogsEveryStep() throws {
    var tuner = try tuner(steps: 30), state = try start()
    let first = state.prompt
    let before = try tuner.loss(state.prompt, on: fixture.pairs())
    var log: [TunedStep] = []
    try tuner.run(&state, validate: { _, _, _ in 0 }, onStep: { step, _ in log.append(step) })
    #expect(log.map(\.step) == Array(1...30) && state.step == 30)
    #expect(state.best == nil && state.result == state.prompt && state.prompt != first)
    #expect(log.allSatisfy { $0.gradientNorm > 0 && $0.value.tokens > 0 && $0.value.gradient != nil })
    let rates = (0..<30).map { 0.01 * LearningRateSchedule.cosine.factor(step: $0, steps: 30, warmupSteps: 2) }
    #expect(log.map(\.learningRate) == rates)
    #expect(try tuner.loss(state.prompt, on: fixture.pairs()).total < before.total - 0.2)
  }

  /// The loss is worked on in parts of a step's size; the parts' terms are joined by their numbers of tokens.
  @Test(arguments: [0, 0.5]) func theLossOfManyPairsIsTheirObjective(harmlessRefusal: Double) throws {
    var tuner = try tuner(steps: 1, harmlessRefusal: harmlessRefusal)
    let objective = try fixture.objective(
      of: model, prompt: .safeguarding, weights: PromptStage.Weights(harmlessRefusal: harmlessRefusal))
    var activations = PackedActivations(model.configuration)
    for categories in [AnchorPair.Category.allCases, [.answered], [.harmless, .refused]] {
      let pairs = fixture.pairs(categories) + fixture.pairs([.refused])
      let found = try tuner.loss(fixture.softPrompt(), on: pairs)
      let expected = try objective.evaluate(
        fixture.softPrompt(), on: pairs, activations: &activations, wantsGradient: false)
      assertClose(
        [found.likelihood, found.unlikelihood, found.regularization, found.harmlessRefusal, found.total],
        [
          expected.likelihood, expected.unlikelihood, expected.regularization, expected.harmlessRefusal, expected.total,
        ],
        within: .absolute(1e-9), "\(categories)")
      #expect(found.tokens == expected.tokens && found.gradient == nil)
    }
    #expect(try tuner.loss(fixture.softPrompt(), on: []).total == 0)
  }

  @Test func onlyPairsThatCountAreDrawn() throws {
    for (factor, counts) in [(0.0, false), (1, true)] {
      var tuner = try tuner(steps: 3, harmlessRefusal: factor), state = try start()
      try tuner.run(&state, validate: { _, _, _ in 0 }) { step, _ in
        #expect((step.value.harmlessRefusal > 0) == counts)
        #expect(step.value.likelihood > 0 && step.value.unlikelihood > 0 && step.value.regularization > 0)
      }
    }
  }

  private struct Interrupt: Error {}

  /// A kept state goes on to the bits of the run that was never interrupted, wherever it was kept.
  @Test func aKeptStateGoesOnToTheSameBits() throws {
    var kept: [TunerState] = [try start()]
    var whole = try tuner(steps: 8, validationEvery: 3), end = try start()
    try whole.run(&end, validate: { prompt, _, tuner in try score(prompt, &tuner) }, onStep: { kept.append($1) })
    #expect(kept.map(\.step) == Array(0...8))
    expectSame(kept[8], end)
    for (step, state) in kept.enumerated() {
      var state = state, rest = try tuner(steps: 8, validationEvery: 3, threads: 1 + step % 3)
      var steps: [Int] = []
      try rest.run(
        &state, validate: { prompt, _, tuner in try score(prompt, &tuner) }, onStep: { steps.append($0.step + $1.step) }
      )
      #expect(steps == (step..<8).map { 2 * $0 + 2 })
      expectSame(state, end, "kept after step \(step)")
    }
  }

  @Test func anInterruptAfterAStepLeavesTheStateOfThatStep() throws {
    var whole = try tuner(steps: 6, validationEvery: 2), end = try start()
    try whole.run(&end, validate: { prompt, _, tuner in try score(prompt, &tuner) }, onStep: { _, _ in })
    for last in 1...6 {
      var tuner = try tuner(steps: 6, validationEvery: 2), state = try start()
      #expect(throws: Interrupt.self) {
        try tuner.run(&state, validate: { prompt, _, tuner in try score(prompt, &tuner) }) { step, _ in
          if step.step == last { throw Interrupt() }
        }
      }
      #expect(state.step == last)
      try tuner.run(&state, validate: { prompt, _, tuner in try score(prompt, &tuner) }, onStep: { _, _ in })
      expectSame(state, end, "interrupted after step \(last)")
    }
  }

  /// A step counts as made when it is validated too: one that is interrupted in between is made again.
  @Test(arguments: [0, 2, 4, 6]) func anInterruptWhileValidatingLosesNothing(at last: Int) throws {
    var whole = try tuner(steps: 6, validationEvery: 2), end = try start()
    var expected: [Int] = []
    try whole.run(
      &end, validate: { prompt, _, tuner in try score(prompt, &tuner) },
      onStep: { step, _ in expected.append(step.step) })
    var tuner = try tuner(steps: 6, validationEvery: 2), state = try start()
    var logged: [Int] = []
    #expect(throws: Interrupt.self) {
      try tuner.run(
        &state,
        validate: { prompt, step, tuner in
          if step == last { throw Interrupt() }
          return try score(prompt, &tuner)
        }, onStep: { step, _ in logged.append(step.step) })
    }
    try tuner.run(
      &state, validate: { prompt, _, tuner in try score(prompt, &tuner) },
      onStep: { step, _ in logged.append(step.step) })
    #expect(logged == expected)
    expectSame(state, end)
  }

  @Test func theBestValidatedPromptIsKept() throws {
    // Scores that we choose: the best at step 4, of two equal ones the first.
    let scores = [0: 0.1, 2: 0.3, 4: 0.9, 6: 0.9, 7: 0.2]
    var tuner = try tuner(steps: 7, validationEvery: 2), state = try start()
    var validated: [Int] = [], prompts = [0: state.prompt]
    try tuner.run(
      &state,
      validate: { _, step, _ in
        validated.append(step)
        return scores[step] ?? .nan
      }, onStep: { prompts[$0.step] = $1.prompt })
    #expect(validated == [0, 2, 4, 6, 7])
    #expect(state.best?.step == 4 && state.best?.score == 0.9)
    #expect(state.result == prompts[4] && state.prompt == prompts[7] && prompts[4] != prompts[7])
  }

  @Test func thePromptBeforeTheFirstStepMayStayTheBest() throws {
    var tuner = try tuner(steps: 4, validationEvery: 2), state = try start()
    try tuner.run(&state, validate: { _, step, _ in -Double(step) }, onStep: { _, _ in })
    #expect(try state.best?.step == 0 && state.result == fixture.softPrompt())
  }

  @Test func aRunWithoutStepsChangesNothing() throws {
    var tuner = try tuner(steps: 0), state = try start()
    try tuner.run(&state, validate: { _, _, _ in 0 }) { _, _ in Issue.record("a step was made") }
    expectSame(state, try start())
  }
}
