import Compute
import EngineContract
import ModelFiles
import NativeEngine
import Randomness
import Stages
import TestSupport
import Testing
import TransformersEngine

/// Both engines on the tiny checkpoints, by the contract alone.
@Suite(.serialized, .enabled(if: SecondEngine.isAvailable, "\(SecondEngine.reason)"))
@EngineActor struct AgreementTests {
  nonisolated static let families = [
    "llama", "llama3", "mistral", "bloom", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "olmo2", "olmo3", "granite",
    "smollm3", "smollm3-window", "qwen3-moe", "llama-bfloat16", "llama-shards",
  ]

  /// Two prompts, and instructions of different lengths.
  nonisolated private let prompts = [[5, 9, 20, 33, 7, 11, 80, 91, 14], [8, 3, 60]]
  nonisolated private let turns: [[Int]] = [
    [44, 12, 9], [70], [31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41], [17, 5], [90, 91, 92],
  ]

  nonisolated private func method(_ name: String, alpha: Double = 0.5) -> MethodSetup {
    var parameters = MethodParameters(method: DecodingMethod(rawValue: name) ?? .acd)
    parameters.alpha = alpha
    return MethodSetup(
      streams: prompts.map { EngineStream(prompt: [.tokens($0)]) }, parameters: parameters)
  }

  nonisolated private var requests: [GenerationRequest] {
    turns.enumerated().map { GenerationRequest(turn: $1, sample: $0) }
  }

  @Test(arguments: families) func answersAreTheSame(family: String) throws {
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      #expect(
        native.dimensions.width == second.dimensions.width && native.dimensions.layers == second.dimensions.layers)
      #expect(native.dimensions.vocabularySize == second.dimensions.vocabularySize)
      func answers(_ engine: any Engine, _ sampling: SamplingParameters, batch: Int) throws -> [GeneratedAnswer] {
        try engine.answers(
          to: requests, under: method("acd"),
          sampling: AnswerSampling(sampling, seed: 3, maximumTokens: 12, batchSize: batch), watch: GenerationWatch())
      }
      let greedy = SamplingParameters(temperature: 0, topP: 1, topK: 0)
      let expected = try answers(native, greedy, batch: 5)
      for batch in [5, 2] { #expect(try answers(second, greedy, batch: batch) == expected, "batches of \(batch)") }
      // The same random numbers draw the same tokens.
      let drawn = SamplingParameters(temperature: 1.3, topP: 0.9, topK: 30)
      #expect(try answers(second, drawn, batch: 5) == answers(native, drawn, batch: 5))
    }
  }

  /// Logits at every position against transformers' own, which our engine is held to as well.
  @Test(arguments: families) func logitsAreTheReferences(family: String) throws {
    struct Numbers: Decodable { let ids: [Int] }
    let ids = try Fixtures.languageModel.json("families/numbers", as: Numbers.self).ids
    let name = ["llama-shards": "llama"][family] ?? family
    let expected = try #require(Fixtures.languageModel.tensors("families/numbers")["\(name).logits"])
    try SecondEngine.withBoth(SecondEngine.family(family)) { _, second in
      for shared in [0, 7] {
        let request = ContinuationRequest(
          turns: [[ids[shared]]], continuation: Array(ids[(shared + 1)...]) + [0])
        let logits = try second.logits(of: request, under: MethodSetup([.tokens(Array(ids[..<shared]))]))
        assertClose(
          logits.values, expected.values.suffix(logits.values.count), within: .absolute(1e-4), "\(family), \(shared)")
      }
    }
  }

  @Test(arguments: families) func scoresAndStepsAgree(family: String) throws {
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      let requests = turns.map { ContinuationRequest(turns: [$0], continuation: [7, 21, 90]) }
      func scores(_ engine: any Engine) throws -> [ContinuationScore] {
        try engine.scores(
          of: requests, under: method("contrastive"), reference: EngineStream(prompt: [.tokens([5, 6])]),
          onProgress: { _ in })
      }
      let found = try scores(second), expected = try scores(native)
      assertClose(
        found.flatMap(\.logProbabilities), expected.flatMap(\.logProbabilities), within: .absolute(2e-4), family)
      assertClose(found.flatMap(\.divergences), expected.flatMap(\.divergences), within: .absolute(2e-4), family)
      let answers = [AnswerTokens([7, 21, 90], behind: [turns[0]])]
      let steps = try second.steps(of: answers, under: method("acd"))[0]
      let known = try native.steps(of: answers, under: method("acd"))[0]
      #expect(steps.map(\.favorite) == known.map(\.favorite) && steps.map(\.token) == known.map(\.token))
      assertClose(steps.map(\.probability), known.map(\.probability), within: .absolute(1e-4))
      assertClose(
        steps.flatMap(\.streamProbabilities), known.flatMap(\.streamProbabilities), within: .absolute(1e-4))
    }
  }

  @Test(arguments: families) func hiddenStatesAndEditsAgree(family: String) throws {
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      let inputs: [[PromptPart]] = turns.map { [.tokens([5, 9]), .tokens($0)] }
      let blocks = Array(0...native.dimensions.layers)
      let expected = try native.hiddenStates(of: inputs, behind: blocks)
      let found = try second.hiddenStates(of: inputs, behind: blocks)
      assertClose(found.joined().joined(), expected.joined().joined(), within: .ofLargest(1e-5), family)

      let direction = expected[0][1]
      let edits = [StateEdit(.add(scale: 0.5, behind: 1), of: direction), StateEdit(.ablate, of: expected[1][1])]
      for edit in edits {
        let method = MethodSetup(streams: [EngineStream(prompt: [.tokens([5, 9])], edits: [edit])], parameters: nil)
        let request = [ContinuationRequest(turns: [turns[0]], continuation: [7, 21])]
        func score(_ engine: any Engine) throws -> [Double] {
          try engine.scores(of: request, under: method, reference: nil, onProgress: { _ in })[0].logProbabilities
        }
        assertClose(try score(second), try score(native), within: .absolute(5e-4), "\(family), \(edit.change)")
      }
    }
  }

  @Test(arguments: ["llama", "qwen3", "gemma3", "phi3"]) func adaptersAgree(family: String) throws {
    let adapter = try LoraAdapterFile(folder: Fixtures.languageModel.path("lora/theirs-\(family)"))
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      let method = MethodSetup(
        streams: [EngineStream(on: .adapted(adapter), prompt: [.tokens([5, 9])])], parameters: nil)
      let plain = MethodSetup([.tokens([5, 9])])
      func score(_ engine: any Engine, _ method: MethodSetup) throws -> [Double] {
        try engine.scores(
          of: [ContinuationRequest(turns: [turns[0]], continuation: [7, 21])], under: method, reference: nil,
          onProgress: { _ in })[0].logProbabilities
      }
      assertClose(try score(second, method), try score(native, method), within: .absolute(2e-4), family)
      #expect(try score(second, method) != score(second, plain))
    }
  }

  @Test(arguments: ["llama", "qwen3", "gemma3"]) func adaptersTrainAlike(family: String) throws {
    let parameters = AdapterStage.Parameters(
      rank: 2, alpha: 4, targets: ["q_proj", "v_proj", "down_proj"], steps: 4, examplesPerStep: 3, learningRate: 0.01,
      schedule: .linear, warmupSteps: 1, generalShare: 0.5)
    let examples = turns.map { AdapterExample(prompt: [5, 9] + $0, response: [7, 21, 90]) }
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      func trained(_ engine: any Engine, from checkpoint: [UInt8]? = nil) throws -> (
        losses: [Double], values: [Float], states: [[UInt8]]
      ) {
        var losses: [Double] = [], states: [[UInt8]] = []
        let file = try engine.trainAdapter(parameters, on: examples, seed: 3, from: checkpoint) { step, state in
          losses.append(step.loss)
          states.append(try state())
        }
        return (losses, file.layers.joined().flatMap { $0.a.values + $0.b.values }, states)
      }
      let found = try trained(second), expected = try trained(native)
      assertClose(found.losses, expected.losses, within: .absolute(1e-4), family)
      assertClose(found.values, expected.values, within: .ofLargest(2e-3), family)
      let resumed = try trained(second, from: found.states[1])
      #expect(resumed.losses.count == 2)
      assertClose(resumed.values, found.values, within: .ofLargest(1e-6), family)
    }
  }

  /// Loss terms within 1e-5, gradients within 1e-4 of their largest number.
  @Test(arguments: families, [PromptStage.Regularizer.likelihood, .divergence])
  func theObjectiveIsTheSame(family: String, regularizer: PromptStage.Regularizer) throws {
    try SecondEngine.withBoth(SecondEngine.family(family)) { native, second in
      let categories = AnchorPair.Category.allCases
      let pairs = (0..<8).map { place in
        TrainingPair(
          turn: turns[place % turns.count], response: Array([7, 21, 90, 33][..<(1 + place % 4)]),
          category: categories[place % categories.count])
      }
      let weights = PromptStage.Weights(harmlessRefusal: 0.5, regularizer: regularizer)
      // The conversation's own template has tokens that these models lack; what counts is the same for both.
      let tokens = Array(3..<9)
      let prompt = try native.initialRows(.tokens(tokens, length: nil), seed: 1, role: .safeguarding)
      #expect(try second.initialRows(.tokens(tokens, length: nil), seed: 1, role: .safeguarding) == prompt)
      for role in [PromptRole.safeguarding, .adversarial] {
        let before = [5, 6], after = [70, 71, 72]
        var ours = try native.objective(for: role, weights: weights, before: before, after: after)
        var theirs = second.objective(for: role, weights: weights, before: before, after: after)
        let expected = try ours.value(of: prompt, on: pairs, wantsGradient: true)
        let found = try theirs.value(of: prompt, on: pairs, wantsGradient: true)
        func terms(_ value: ObjectiveValue) -> [Double] {
          [value.likelihood, value.unlikelihood, value.regularization, value.harmlessRefusal, value.total]
        }
        assertClose(terms(found), terms(expected), within: .ofLargest(1e-5), "\(family), \(role)")
        #expect(found.tokens == expected.tokens)
        assertClose(
          try #require(found.gradient).values, try #require(expected.gradient).values, within: .ofLargest(1e-4),
          "\(family), \(role)")
      }
    }
  }

  @Test func randomRowsAreTheSame() throws {
    try SecondEngine.withBoth(SecondEngine.family("llama")) { native, second in
      for start in [PromptStart.vocabulary(length: 4), .random(length: 3, scale: 0.1)] {
        #expect(
          try second.initialRows(start, seed: 5, role: .adversarial)
            == native.initialRows(start, seed: 5, role: .adversarial))
      }
      let start = PromptStart.random(length: 3, scale: nil)
      assertClose(
        try second.initialRows(start, seed: 5, role: .adversarial).values,
        try native.initialRows(start, seed: 5, role: .adversarial).values, within: .ofLargest(1e-6))
    }
  }
}
