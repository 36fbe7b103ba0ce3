import Compute
import EngineContract
import Foundation
import LanguageModel
import ModelFiles
import Stages
import TestSupport
import Testing

@testable import OppositePrompts

struct AdapterTunerTests {
  private struct Numbers: Decodable {
    let response: Int
    let learningRate: Double
    let weightDecay: Double
    let gradientNormLimit: Double
    let losses: [String: Double]
    let gradientNormsBeforeClipping: [Double]
  }

  private struct Prompt: Decodable {
    let ids: [Int]
  }

  private let model: LanguageModel

  init() throws { model = try TinyModel.f32.load() }

  private static let examples = [
    AdapterExample(prompt: [1, 9, 30, 41, 2], response: [50, 51, 2]),
    AdapterExample(prompt: [1, 9, 33, 60, 61, 2], response: [50, 52, 2]),
    AdapterExample(prompt: [1, 9, 2], response: [70, 71, 72, 73, 2]),
    AdapterExample(prompt: [1, 9, 30, 41, 2], response: [80, 2]),
    AdapterExample(prompt: [1, 9, 12, 13, 14, 15, 16, 2], response: [50, 51, 90, 2]),
  ]

  private func tuner(steps: Int, threads: Int = 2, examplesPerStep: Int = 3) throws -> AdapterTuner {
    try AdapterTuner(
      model: try TinyModel.f32.load(threads: threads), examples: Self.examples,
      settings: AdapterTunerSettings(
        steps: steps, examplesPerStep: examplesPerStep, learningRate: 0.02, schedule: .cosine, warmupSteps: 2, seed: 3))
  }

  private func start() throws -> AdapterTunerState {
    let settings = try AdapterShape(rank: 4, alpha: 8, targets: [.query, .value, .down])
    return AdapterTunerState(
      adapter: try model.initialAdapter(settings, seed: 9), optimizer: Optimizer(weightDecay: 0.01, gradientClip: 1))
  }

  /// Two steps of torch's AdamW on a PEFT model.
  @Test(arguments: ["llama", "llama.gguf"]) func stepsAreThoseOfPyTorch(file: String) throws {
    let numbers = try Fixtures.languageModel.json("lora/numbers", as: Numbers.self)
    let tensors = try Fixtures.languageModel.tensors("lora/numbers")
    let ids = try Fixtures.languageModel.json("families/numbers", as: Prompt.self).ids
    let adapter = try LowRankAdapter(LoraAdapterFile(folder: Fixtures.languageModel.path("lora/theirs-llama")))
    let path = Fixtures.languageModel.path("families/\(file)"), context = ComputeContext(threads: 2)
    let model =
      file.hasSuffix(".gguf")
      ? try LanguageModel(file: GGUFFile(path: path), context: context)
      : try LanguageModel(folder: CheckpointFolder(path: path), context: context)
    let example = AdapterExample(
      prompt: ids.dropLast(numbers.response), response: Array(ids.suffix(numbers.response)))
    let steps = numbers.gradientNormsBeforeClipping.count
    var tuner = try AdapterTuner(
      model: model, examples: [example],
      settings: AdapterTunerSettings(
        steps: steps, examplesPerStep: 1, learningRate: numbers.learningRate, schedule: .constant, warmupSteps: 0,
        seed: 0))
    var state = AdapterTunerState(
      adapter: adapter,
      optimizer: Optimizer(weightDecay: numbers.weightDecay, gradientClip: numbers.gradientNormLimit))
    var log: [AdapterStep] = []
    try tuner.run(&state, onStep: { step, _ in log.append(step) })
    assertClose(log.map(\.gradientNorm), numbers.gradientNormsBeforeClipping, within: .relative(1e-4))
    assertClose(log[0].loss, try #require(numbers.losses["llama"]), within: .absolute(1e-5))
    #expect(log.map(\.tokens) == [numbers.response, numbers.response])
    let file = state.adapter.file(baseModelName: nil)
    for (layer, pairs) in file.layers.enumerated() {
      for (module, pair) in zip(file.modules, pairs) {
        for (matrix, values) in [("A", pair.a.values), ("B", pair.b.values)] {
          let key = "llama.adamw.base_model.model.model.layers.\(layer).\(module).lora_\(matrix).weight"
          assertClose(values, try #require(tensors[key], "\(key)").values, within: .absolute(2e-5), key)
        }
      }
    }
  }

  /// The loss of examples packed together, what they share run once, is that of each by itself.
  @Test func lossAndGradientAreTheMeansOverAllTokens() throws {
    let adapter = try tunedState(steps: 2).adapter
    var activations = PackedActivations(model.configuration)
    let together = try model.loss(of: adapter, on: Self.examples, activations: &activations)
    let alone = try Self.examples.map { try model.loss(of: adapter, on: [$0], activations: &activations) }
    #expect(together.tokens == 17 && alone.map(\.tokens) == [3, 3, 5, 2, 4])
    assertClose(
      together.mean, alone.reduce(0) { $0 + $1.mean * Double($1.tokens) } / 17, within: .absolute(1e-5))
    for (index, pair) in try #require(together.gradient).enumerated() {
      for path in [\LowRankPair.a, \LowRankPair.b] {
        let expected = pair[keyPath: path].values.indices.map { number in
          alone.reduce(0.0) {
            $0 + Double($1.gradient?[index][keyPath: path].values[number] ?? .nan) * Double($1.tokens) / 17
          }
        }
        assertClose(pair[keyPath: path].values, expected, within: .ofLargest(1e-4), "pair \(index)")
      }
    }
    #expect(
      try model.loss(of: adapter, on: Self.examples, activations: &activations, wantsGradient: false).gradient == nil)
    var tuner = try tuner(steps: 0, examplesPerStep: 2)
    let parts = try tuner.loss(of: adapter, on: Self.examples)
    assertClose(parts.mean, together.mean, within: .absolute(1e-5))
    #expect(parts.tokens == 17)
    #expect(try tuner.loss(of: adapter, on: []) == AdapterLoss(mean: 0, tokens: 0))
  }

  private func tunedState(steps: Int) throws -> AdapterTunerState {
    var tuner = try tuner(steps: steps), state = try start()
    try tuner.run(&state, onStep: { _, _ in })
    return state
  }

  @Test func lowersTheLossAndLogsEveryStep() throws {
    var tuner = try tuner(steps: 30), state = try start()
    let before = try tuner.loss(of: state.adapter, on: Self.examples).mean
    var log: [AdapterStep] = []
    try tuner.run(&state, onStep: { step, _ in log.append(step) })
    #expect(log.map(\.step) == Array(1...30) && state.step == 30)
    #expect(
      log.map(\.learningRate)
        == (0..<30).map { 0.02 * LearningRateSchedule.cosine.factor(step: $0, steps: 30, warmupSteps: 2) })
    #expect(log.allSatisfy { $0.gradientNorm > 0 && $0.tokens > 0 })
    #expect(try tuner.loss(of: state.adapter, on: Self.examples).mean < before - 1)
  }

  @Test func everyExampleIsUsedOnceARound() throws {
    let tuner = try tuner(steps: 9)
    let drawn = (0..<10).flatMap { tuner.examples(step: $0) }
    #expect(drawn.count == 30)
    var orders: Set<[AdapterExample]> = []
    for round in 0..<6 {
      let part = Array(drawn[round * 5..<round * 5 + 5])
      #expect(Set(part) == Set(Self.examples))
      orders.insert(part)
    }
    #expect(orders.count > 1)
  }

  /// A kept state goes on to the bits of the run that was never interrupted, wherever it was kept, on any threads.
  @Test func aKeptStateGoesOnToTheSameBits() throws {
    var whole = try tuner(steps: 6), end = try start(), kept = [try start()]
    try whole.run(&end, onStep: { kept.append($1) })
    #expect(kept.map(\.step) == Array(0...6) && kept[6] == end)
    for (step, state) in kept.enumerated() {
      let encoder = PropertyListEncoder()
      encoder.outputFormat = .binary
      var state = try PropertyListDecoder().decode(AdapterTunerState.self, from: encoder.encode(state))
      var rest = try tuner(steps: 6, threads: 1 + step % 3)
      try rest.run(&state, onStep: { _, _ in })
      let isSame = state == end
      #expect(isSame, "kept after step \(step)")
    }
  }

  private struct Interrupt: Error {}

  @Test func anInterruptAfterAStepLeavesTheStateOfThatStep() throws {
    let end = try tunedState(steps: 4)
    var tuner = try tuner(steps: 4), state = try start()
    #expect(throws: Interrupt.self) {
      try tuner.run(&state) { step, _ in if step.step == 2 { throw Interrupt() } }
    }
    #expect(state.step == 2)
    try tuner.run(&state, onStep: { _, _ in })
    let isSame = state == end
    #expect(isSame)
  }

  @Test func badInputIsAnError() throws {
    var activations = PackedActivations(model.configuration)
    let adapter = try start().adapter
    for token in [96, -1, Int.max] {
      for example in [
        AdapterExample(prompt: [1, token], response: [2]), AdapterExample(prompt: [1], response: [token]),
        AdapterExample(prompt: [1], response: [token, 2]),
      ] {
        #expect(throws: LanguageModelError.unknownToken(id: token, vocabularySize: 96)) {
          try model.loss(of: adapter, on: [example], activations: &activations)
        }
      }
    }
    let long = AdapterExample(prompt: Array(repeating: 1, count: 200), response: Array(repeating: 2, count: 100))
    #expect(throws: LanguageModelError.tooLong(positions: 299, limit: 256)) {
      try model.loss(of: adapter, on: [long], activations: &activations)
    }
    var idle = try AdapterTuner(
      model: model, examples: [],
      settings: AdapterTunerSettings(
        steps: 3, examplesPerStep: 2, learningRate: 1, schedule: .constant, warmupSteps: 0, seed: 0))
    var state = try start()
    try idle.run(&state) { _, _ in Issue.record("a step was made") }
    #expect(state.step == 0)
  }
}
