import Compute
import EngineContract
import LanguageModel
import Randomness
import TestSupport
import Testing

@testable import Decoding

/// A batch that requests join and leave at any time.
struct LiveBatchTests {
  private let model: LanguageModel

  init() throws { model = try TinyModel.q4_1.load() }

  private static let prompts = [[1, 20, 31, 45, 9], [1, 60, 7, 33, 80, 81, 82]]

  private struct Case: Sendable {
    var rule: any CombinationRule
    var sampler: Sampler
    var key: String
  }

  private static let cases: [Case] = [
    Case(rule: LinearRule.single, sampler: .greedy, key: "single"),
    Case(rule: LinearRule.single, sampler: Sampler(temperature: 0.9, topP: 0.95, topK: 40), key: "single"),
    Case(rule: LinearRule([-0.4]), sampler: .greedy, key: "contrast"),
    Case(rule: LinearRule([-0.4]), sampler: Sampler(temperature: 1.2), key: "contrast"),
    Case(rule: DivergenceRule(alpha: 0.8, plausibility: 0.05), sampler: .greedy, key: "divergence"),
  ]

  private func streams(_ rule: any CombinationRule) throws -> [GenerationStream] {
    try Self.prompts[..<rule.streams].map { GenerationStream(model: model, prompt: try model.embed($0)) }
  }

  private func request(
    _ turn: [Int], _ sampler: Sampler, sample: Int, longest: Int, under method: LiveMethod
  ) -> LiveRequest {
    LiveRequest(
      SequenceRequest(turns: [turn], choice: TokenChoice(sampler, seed: 7, sample: sample)), under: method,
      maximumTokens: longest,
      stopTokens: [11])
  }

  private func method(_ found: Case) throws -> LiveMethod {
    LiveMethod(key: found.key, streams: try streams(found.rule).map { LiveMethod.Stream($0) }, rule: found.rule)
  }

  private static func answer(_ events: AsyncStream<LiveEvent>) async throws -> GeneratedAnswer {
    var answer = GeneratedAnswer(tokens: [], ended: false)
    for await event in events {
      switch event {
      case .token(let token, _, _): answer.tokens.append(token)
      case .ended(let token, _): answer.ended = token != nil
      case .failed(let error): throw error
      case .prompt: break
      }
    }
    return answer
  }

  /// Requests of several methods come at random moments, some leave midway: every answer is the generator's.
  @Test(arguments: [1, 2, 3] as [UInt64]) func answersAreTheGenerators(seed: UInt64) async throws {
    let batch = LiveBatch(LiveBatch.Limits(running: 6, waiting: 100, turnRows: 16))
    defer { batch.stop() }
    var random = CounterRandom(seed: seed, purpose: .testing, sample: 0)
    var asked: [(turn: [Int], found: Case, longest: Int, leavesAfter: Int?, pause: Int)] = []
    for sample in 0..<40 {
      let length = 1 + random.integer(below: 30)
      asked.append(
        (
          (0..<length).map { (sample * 31 + $0 * 17) % 93 + 3 }, Self.cases[random.integer(below: Self.cases.count)],
          1 + random.integer(below: 30), random.integer(below: 4) == 0 ? random.integer(below: 5) : nil,
          random.integer(below: 3)
        ))
    }
    let requests = asked
    try await withThrowingTaskGroup(of: (Int, GeneratedAnswer?).self) { group in
      for (sample, request) in requests.enumerated() {
        // A pause of some of the batch's steps, counted by its own work and not by a clock.
        let before = batch.load.done
        for _ in 0..<request.pause where batch.load.done == before { await Task.yield() }
        let events = try batch.submit(
          [
            self.request(
              request.turn, request.found.sampler, sample: sample, longest: request.longest,
              under: method(request.found))
          ])[0]
        group.addTask {
          guard let count = request.leavesAfter else { return (sample, try await Self.answer(events)) }
          var seen = 0
          for await _ in events {
            seen += 1
            if seen > count { break }
          }
          return (sample, nil)
        }
      }
      for try await (sample, answer) in group {
        let request = requests[sample]
        let expected = try Generator(
          streams: streams(request.found.rule), rule: request.found.rule, sampler: request.found.sampler, seed: 7,
          maximumTokens: request.longest, stopTokens: [11]
        ).answers(to: [GenerationRequest(turn: request.turn, sample: sample)])[0]
        if let answer { #expect(answer == expected, "request \(sample)") }
      }
    }
    // Those that left have freed their places.
    while batch.load.running > 0 { await Task.yield() }
    #expect(batch.load.waiting == 0 && batch.load.done == 40)
  }

  @Test func aFullQueueTakesNoMore() async throws {
    let batch = LiveBatch(LiveBatch.Limits(running: 2, waiting: 3, turnRows: 16))
    defer { batch.stop() }
    let method = try method(Self.cases[0])
    func asked(_ count: Int) -> [LiveRequest] {
      (0..<count).map { request([5, 6, 7], .greedy, sample: $0, longest: 200, under: method) }
    }
    #expect(throws: LiveBatchError.full(waiting: 0)) { try batch.submit(asked(6)) }
    let first = try batch.submit(asked(5))
    #expect(throws: LiveBatchError.self) { try batch.submit(asked(4)) }
    var answers: [GeneratedAnswer] = []
    for events in first { answers.append(try await Self.answer(events)) }
    #expect(Set(answers.map(\.tokens)).count == 1)
  }

  @Test func whatCanNotBeAnsweredFails() async throws {
    let batch = LiveBatch()
    defer { batch.stop() }
    let method = try method(Self.cases[0])
    let tooLong = request([Int](repeating: 4, count: 250), .greedy, sample: 0, longest: 10, under: method)
    let unknown = request([4, 96], .greedy, sample: 0, longest: 10, under: method)
    let fine = request([4, 5], .greedy, sample: 0, longest: 3, under: method)
    let events = try batch.submit([tooLong, unknown, fine])
    await #expect(throws: LanguageModelError.tooLong(positions: 265, limit: 256)) { try await Self.answer(events[0]) }
    await #expect(throws: LanguageModelError.unknownToken(id: 96, vocabularySize: 96)) {
      try await Self.answer(events[1])
    }
    #expect(try await Self.answer(events[2]).tokens.count <= 3)
  }

  @Test func aClosedBatchEndsWhatItHas() async throws {
    let batch = LiveBatch(), method = try method(Self.cases[2])
    let events = try batch.submit([request([9, 8], .greedy, sample: 0, longest: 40, under: method)])[0]
    batch.close()
    #expect(throws: LiveBatchError.closing) {
      try batch.submit([request([9, 8], .greedy, sample: 0, longest: 40, under: method)])
    }
    #expect(try await Self.answer(events).tokens.isEmpty == false)
    let other = LiveBatch()
    let stopped = try other.submit([request([9, 8], .greedy, sample: 0, longest: 200, under: method)])[0]
    other.stop()
    // It may have been through before; else it is told.
    do { _ = try await Self.answer(stopped) } catch { #expect(error as? LiveBatchError == .stopped) }
    batch.stop()
  }

  /// A gate is asked for each request's own turn.
  @Test func gatesPartTheRequests() async throws {
    let plain = try streams(LinearRule.single)[0]
    let other = GenerationStream(model: model, prompt: try model.embed(Self.prompts[1]))
    let batch = LiveBatch()
    defer { batch.stop() }
    let method = LiveMethod(
      key: "gated",
      streams: [
        LiveMethod.Stream(other, gate: LiveMethod.Stream.Gate(closed: plain) { $0[0] == 5 })
      ], rule: LinearRule.single)
    for turn in [[5, 6], [7, 6]] {
      let events = try batch.submit([request(turn, .greedy, sample: 0, longest: 9, under: method)])[0]
      let expected = try Generator(
        streams: [turn[0] == 5 ? other : plain], rule: LinearRule.single, sampler: .greedy, seed: 7, maximumTokens: 9,
        stopTokens: [11]
      ).answers(to: [GenerationRequest(turn: turn, sample: 0)])[0]
      #expect(try await Self.answer(events) == expected)
    }
  }
}
