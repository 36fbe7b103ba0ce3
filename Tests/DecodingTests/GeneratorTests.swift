import Compute
import EngineContract
import LanguageModel
import TestSupport
import Testing

@testable import Decoding

/// Generation on the tiny model.
struct GeneratorTests {
  private let model: LanguageModel

  init() throws { model = try TinyModel.q4_1.load() }

  private static let prompts = [[1, 20, 31, 45, 9], [1, 60, 7, 33, 80, 81, 82]]

  /// Twenty requests of 1 to 9 tokens, whose answers end at different lengths.
  private let requests = (0..<20).map { sample in
    GenerationRequest(turn: (0...sample % 9).map { (sample * 31 + $0 * 17) % 93 + 3 }, sample: sample)
  }

  private func generator(
    _ rule: LinearRule, sampler: Sampler = .greedy, seed: UInt64 = 1, maximumTokens: Int = 24,
    stopTokens: [Int] = [],
    batchSize: Int = 64
  ) throws -> Generator {
    var generator = try Generator(
      model: model, prompts: try Self.prompts[..<rule.streams].map { try model.embed($0) }, rule: rule,
      sampler: sampler,
      seed: seed, maximumTokens: maximumTokens, stopTokens: stopTokens)
    generator.batchSize = batchSize
    return generator
  }

  /// The token at whose first place in the answers without it they end at the most different lengths.
  private func stopToken(_ rule: LinearRule, _ sampler: Sampler) throws -> Int {
    let answers = try generator(rule, sampler: sampler).answers(to: requests)
    let lengths = (0..<96).map { token in Set(answers.map { $0.tokens.firstIndex(of: token) }).count }
    return try #require(lengths.indices.max { lengths[$0] < lengths[$1] })
  }

  private static let random = Sampler(temperature: 0.9, topP: 0.95, topK: 40)

  /// Greedy or sampled, with one stream or two: no answer depends on the batch, though sequences end and leave their
  /// places to others at all times.
  @Test(arguments: [LinearRule.single, LinearRule([-0.4])], [Sampler.greedy, random])
  func answersDependOnNoBatchSize(rule: LinearRule, sampler: Sampler) throws {
    let stopTokens = [try stopToken(rule, sampler)]
    let expected = try generator(rule, sampler: sampler, stopTokens: stopTokens, batchSize: 1).answers(to: requests)
    #expect(Set(expected.map(\.tokens.count)).count > 3 && expected.contains { $0.ended })
    for batchSize in [3, 8, 64] {
      let found = try generator(rule, sampler: sampler, stopTokens: stopTokens, batchSize: batchSize)
        .answers(to: requests)
      #expect(found == expected, "batches of \(batchSize)")
    }
    let some = try generator(rule, sampler: sampler, stopTokens: stopTokens, batchSize: 4)
      .answers(to: [requests[17], requests[2]])
    #expect(some == [expected[17], expected[2]])
  }

  @Test func aStreamAloneIsDecodedStepByStep() throws {
    let answers = try generator(LinearRule.single, maximumTokens: 12).answers(to: requests)
    for (request, answer) in zip(requests, answers).prefix(6) {
      var tokens: [Int] = []
      for _ in 0..<12 {
        let prefix = try model.prefix(model.embed(Self.prompts[0]))
        let cache = model.makeCache(slots: 1, capacity: 64)
        var memory = PassMemory(model.configuration)
        let input = SequenceInput(embeddings: try model.embed(request.turns[0] + tokens), slot: 0, prefix: prefix)
        let logits = model.logits(of: try model.forward([input], cache: cache, memory: &memory))
        tokens.append(model.context.largest(of: logits)[0])
      }
      #expect(answer == GeneratedAnswer(tokens: tokens, ended: false))
    }
  }

  @Test(arguments: [Sampler.greedy, random]) func alphaZeroIsTheFirstStreamAlone(sampler: Sampler) throws {
    let alone = try generator(LinearRule.single, sampler: sampler).answers(to: requests)
    #expect(try generator(LinearRule([0]), sampler: sampler).answers(to: requests) == alone)
    #expect(try generator(LinearRule([-0.4]), sampler: sampler).answers(to: requests) != alone)
  }

  @Test func samplingIsAFunctionOfSeedAndSample() throws {
    let answers = try generator(LinearRule.single, sampler: Self.random).answers(to: requests)
    #expect(try generator(LinearRule.single, sampler: Self.random, seed: 2).answers(to: requests) != answers)
    let twins = [5, 6, 5].map { GenerationRequest(turn: [7, 8, 9], sample: $0) }
    let found = try generator(LinearRule.single, sampler: Self.random).answers(to: twins)
    #expect(found[0] == found[2] && found[0] != found[1])
  }

  @Test func aStopTokenEndsTheAnswerAndIsNotInIt() throws {
    let whole = try generator(LinearRule([-0.4])).answers(to: requests)
    for (request, answer) in zip(requests, whole).prefix(8) {
      let stop = answer.tokens[5]
      let end = try #require(answer.tokens.firstIndex(of: stop))
      let found = try generator(LinearRule([-0.4]), stopTokens: [stop, stop]).answers(to: [request])
      #expect(found == [GeneratedAnswer(tokens: Array(answer.tokens[..<end]), ended: true)])
      let immediately = try generator(LinearRule([-0.4]), stopTokens: [answer.tokens[0]]).answers(to: [
        request
      ])
      #expect(immediately == [GeneratedAnswer(tokens: [], ended: true)])
    }
  }

  @Test func answersAreAsLongAsAllowed() throws {
    let long = try generator(LinearRule.single, maximumTokens: 24).answers(to: requests)
    #expect(long.allSatisfy { $0.tokens.count == 24 && !$0.ended })
    for count in [0, 1, 7] {
      let found = try generator(LinearRule.single, maximumTokens: count, batchSize: 3).answers(to: requests)
      #expect(found == long.map { GeneratedAnswer(tokens: Array($0.tokens.prefix(count)), ended: false) })
    }
    #expect(try generator(LinearRule.single).answers(to: []) == [])
  }

  @Test func tokensAndProgressAreToldAsTheyCome() throws {
    var told = requests.map { _ in [Int]() }
    var progress: [GenerationProgress] = []
    let stopTokens = [try stopToken(LinearRule([-0.4]), .greedy)]
    let answers = try generator(LinearRule([-0.4]), stopTokens: stopTokens, batchSize: 6).answers(
      to: requests, onToken: { told[$0].append($1) }, onProgress: { progress.append($0) })
    #expect(told == answers.map(\.tokens))
    #expect(progress.last?.answers == 20 && progress.last?.tokens == answers.reduce(0) { $0 + $1.tokens.count })
    #expect(progress.allSatisfy { $0.total == 20 })
    #expect(zip(progress, progress.dropFirst()).allSatisfy { $0.answers <= $1.answers && $0.tokens <= $1.tokens })
  }

  private struct Interrupt: Error {}

  @Test func theClosuresMayStopIt() throws {
    var steps = 0
    #expect(throws: Interrupt.self) {
      try generator(LinearRule.single).answers(
        to: requests,
        onProgress: { _ in
          steps += 1
          if steps == 3 { throw Interrupt() }
        })
    }
    #expect(steps == 3)
    #expect(throws: Interrupt.self) {
      try generator(LinearRule.single).answers(to: requests, onToken: { _, _ in throw Interrupt() })
    }
  }

  @Test func whatCanNotBeAnsweredIsAnError() throws {
    #expect(throws: LanguageModelError.unknownToken(id: 96, vocabularySize: 96)) {
      try generator(LinearRule.single).answers(to: [requests[0], GenerationRequest(turn: [96], sample: 0)])
    }
    #expect(throws: LanguageModelError.tooLong(positions: 5 + 300, limit: 256)) {
      try generator(LinearRule.single).answers(to: [GenerationRequest(turn: [Int](repeating: 4, count: 300), sample: 0)]
      )
    }
    #expect(throws: LanguageModelError.tooLong(positions: 300, limit: 256)) {
      try Generator(
        model: model, prompts: [model.embed([Int](repeating: 4, count: 300))], rule: LinearRule.single,
        sampler: .greedy,
        seed: 1,
        maximumTokens: 1, stopTokens: [])
    }
  }

  /// Streams on two models give the tokens of the rule applied step by step to each model alone; each has its own turn.
  @Test func twoModelsAreCombinedTokenByToken() throws {
    let other = try TinyModel.f32.load()
    let prompts = try [model.embed(Self.prompts[0]), other.embed(Self.prompts[1])]
    let rule = LinearRule(own: 1.5, [-0.5], plausibility: 0.1)
    let generator = try Generator(
      streams: [
        GenerationStream(model: model, prompt: prompts[0]),
        GenerationStream(model: other, prompt: prompts[1]),
      ], rule: rule, sampler: .greedy, seed: 1, maximumTokens: 10, stopTokens: [])
    let asked = requests.prefix(5).map {
      GenerationRequest(turns: [$0.turns[0], [4] + $0.turns[0]], sample: $0.sample)
    }
    let answers = try generator.answers(to: asked)
    for (request, answer) in zip(asked, answers) {
      var tokens: [Int] = []
      for step in 0..<10 {
        var logits = Matrix(rows: 2, columns: model.configuration.vocabularySize)
        for (stream, model) in [model, other].enumerated() {
          let cache = model.makeCache(slots: 1, capacity: 64)
          var memory = PassMemory(model.configuration)
          let input = SequenceInput(
            embeddings: try model.embed(request.turns[stream] + tokens), slot: 0,
            prefix: try model.prefix(prompts[stream]))
          logits[row: stream] = model.logits(of: try model.forward([input], cache: cache, memory: &memory))[row: 0]
        }
        rule.combine(&logits, steps: [step], on: model.context)
        tokens.append(model.context.largest(of: logits)[0])
      }
      #expect(answer.tokens == tokens)
    }
  }
}
