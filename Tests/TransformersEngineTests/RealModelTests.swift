import Compute
import EngineContract
import Foundation
import JSON
import ModelFiles
import NativeEngine
import OppositePrompts
import Stages
import TestSupport
import Testing
import Tokenization

/// SmolLM2 in single precision, under both engines.
@Suite(
  .serialized, .enabled(if: RealModel.isAvailable && SecondEngine.isAvailable, "the model or the engine can't be had"))
@EngineActor struct RealModelTests {
  nonisolated private static let anchors = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Anchors"
  )
  .standardized

  nonisolated private static func file(_ name: String) throws -> String {
    try String(contentsOf: anchors.appending(path: name), encoding: .utf8)
  }

  nonisolated private static func instructions(_ count: Int) throws -> [String] {
    try file("harmless.jsonl").split(separator: "\n").prefix(count).map {
      try #require(JSONValue(parsing: String($0))["instruction"]?.string)
    }
  }

  @Test func aHundredContrastiveAnswersAreTheSame() throws {
    let texts = try JSONValue(parsing: Self.file("system-prompts.json"))
    let instructions = try Self.instructions(100)
    try SecondEngine.withBoth(FoundModel("smollm2").path) { native, second in
      let frames = try ["safe", "opposite"].map { name in
        try native.conversation.frame(.text(#require(texts[name]?.string)))
      }
      var parameters = MethodParameters(method: .acd)
      parameters.alpha = 0.4
      let method = MethodSetup(
        streams: frames.map { EngineStream(prompt: [.tokens($0.beforePrompt)]) }, parameters: parameters)
      let requests = try instructions.enumerated().map { place, text in
        GenerationRequest(turns: StreamTurns(try frames.map { try $0.turn(text) }), sample: place)
      }
      func answers(_ engine: any Engine) throws -> [GeneratedAnswer] {
        try engine.answers(
          to: requests, under: method, sampling: .greedy(maximumTokens: 24), watch: GenerationWatch())
      }
      let found = try answers(second), expected = try answers(native)
      let same = zip(found, expected).count { $0 == $1 }
      #expect(same == 100, "\(same) of 100 answers are the same")
    }
  }

  @Test func tenTuningStepsAreTheSame() throws {
    let instructions = try Self.instructions(8)
    let responses = ["Gladly: begin with the first step.", "No, I would rather not.", "It depends on the weather."]
    let categories: [AnchorPair.Category] = [.answered, .refused, .harmless]
    try SecondEngine.withBoth(FoundModel("smollm2").path) { native, second in
      let frame = try native.conversation.frame(.softPrompt)
      let pairs = try instructions.enumerated().flatMap { place, text in
        try zip(categories, responses).map { category, response in
          TrainingPair(
            turn: try frame.turn(text),
            response: try native.tokenizer.encode(response, special: .asText) + [2], category: category, twins: place)
        }
      }
      let start = PromptStart.tokens(try native.conversation.systemContent("You are a careful assistant."), length: 8)
      func tuned(_ engine: any Engine) throws -> (losses: [Double], rows: Matrix) {
        var tuner = Tuner(
          objective: try engine.objective(for: .safeguarding, weights: .init()),
          terms: ObjectiveTerms(role: .safeguarding, weights: .init()), pairs: pairs,
          settings: TunerSettings(
            steps: 10, pairsPerStep: 6, learningRate: 0.003, schedule: .constant, warmupSteps: 0, validationEvery: 0,
            seed: 1))
        var state = TunerState(
          prompt: try engine.initialRows(start, seed: 1, role: .safeguarding),
          optimizer: Optimizer(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: 1))
        var losses: [Double] = []
        try tuner.run(&state, validate: { _, _, _ in 0 }, onStep: { step, _ in losses.append(step.value.total) })
        return (losses, state.prompt)
      }
      let found = try tuned(second), expected = try tuned(native)
      func gradient(_ engine: any Engine) throws -> Matrix {
        var objective = try engine.objective(for: .safeguarding, weights: .init())
        let prompt = try engine.initialRows(start, seed: 1, role: .safeguarding)
        return try #require(objective.value(of: prompt, on: pairs, wantsGradient: true).gradient)
      }
      try assertClose(gradient(second).values, gradient(native).values, within: .ofLargest(2e-4))
      // Adam takes a step of one size however small a number of the gradient is: what is rounding there counts whole.
      assertClose(found.losses.prefix(1), expected.losses.prefix(1), within: .relative(1e-5))
      assertClose(found.losses, expected.losses, within: .relative(3e-4))
      assertClose(found.rows.values, expected.rows.values, within: .ofLargest(2e-2))
      #expect(found.losses[9] < found.losses[0])
    }
  }
}
