import Compute
import EngineContract
import LanguageModel
import TestSupport
import Testing

@testable import Decoding

/// Contrastive decoding on SmolLM2 against transformers.
@Suite(.serialized, .enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct RealModelTests {
  /// `contrast.json`.
  private struct Fixture: Decodable {
    struct Sequence: Decodable {
      let safeIDs: [Int]
      let adversarialIDs: [Int]
      let generatedIDs: [Int]
    }

    let alpha: Double
    let sequences: [Sequence]
  }

  private let fixture: Fixture
  private let model: LanguageModel
  private let prompts: [Matrix]
  private let requests: [GenerationRequest]

  init() throws {
    let fixture = try Fixtures.languageModel.json("contrast", as: Fixture.self)
    let model = try RealModel.shared()
    /// Where the user's turn begins: its first two tokens, and the end of the system's turn before them.
    func start(_ ids: [Int]) throws -> Int {
      let start = (0..<ids.count - 1).first { ids[$0] == 1 && ids[$0 + 1] == 4093 }
      return try #require(start)
    }
    let first = fixture.sequences[0]
    prompts = try [first.safeIDs, first.adversarialIDs].map { try model.embed(Array($0[..<start($0)])) }
    requests = try fixture.sequences.enumerated().map { index, sequence in
      GenerationRequest(turn: Array(sequence.safeIDs[try start(sequence.safeIDs)...]), sample: index)
    }
    for (sequence, request) in zip(fixture.sequences, requests) {
      try #require(sequence.adversarialIDs.suffix(request.turns[0].count).elementsEqual(request.turns[0]))
    }
    self.fixture = fixture
    self.model = model
  }

  private func answers(_ sampler: Sampler, maximumTokens: Int, batchSize: Int) throws -> [GeneratedAnswer] {
    var generator = try Generator(
      model: model, prompts: prompts, rule: LinearRule([Float(-fixture.alpha)]), sampler: sampler, seed: 1,
      maximumTokens: maximumTokens, stopTokens: [])
    generator.batchSize = batchSize
    return try generator.answers(to: requests)
  }

  @Test func thirtyTwoContrastedTokensAreTheReferences() throws {
    let expected = fixture.sequences.map { GeneratedAnswer(tokens: $0.generatedIDs, ended: false) }
    #expect(expected.count == 3 && expected.allSatisfy { $0.tokens.count == 32 })
    #expect(try answers(.greedy, maximumTokens: 32, batchSize: 64) == expected)
  }

  @Test func answersDependOnNoBatchSize() throws {
    let sampler = Sampler(temperature: 1, topP: 0.95)
    let together = try answers(sampler, maximumTokens: 12, batchSize: 3)
    #expect(try answers(sampler, maximumTokens: 12, batchSize: 1) == together)
    #expect(try answers(sampler, maximumTokens: 12, batchSize: 2) == together)
    #expect(try answers(.greedy, maximumTokens: 12, batchSize: 1) == answers(.greedy, maximumTokens: 12, batchSize: 3))
  }

  /// Sampled, so that one wrong bit in a logit would sooner or later be another token: 70 answers of two streams, all
  /// different, in batches of every size that is promised and on every number of threads.
  @Test func manyAnswersDependOnNeitherBatchNorThreads() throws {
    let many = (0..<70).map { GenerationRequest(turns: requests[$0 % requests.count].turns, sample: $0) }
    func answers(_ model: LanguageModel, batchSize: Int) throws -> [GeneratedAnswer] {
      var generator = try Generator(
        model: model, prompts: prompts, rule: LinearRule([-0.3]),
        sampler: Sampler(temperature: 1.2, topP: 1), seed: 7, maximumTokens: 8, stopTokens: [])
      generator.batchSize = batchSize
      return try generator.answers(to: many)
    }
    let expected = try answers(model, batchSize: 64)
    #expect(Set(expected.map(\.tokens)).count > 60)
    for batchSize in [1, 3, 8] { #expect(try answers(model, batchSize: batchSize) == expected, "\(batchSize)") }
    for threads in [1, 4] {
      #expect(try answers(RealModel.load(threads: threads), batchSize: 64) == expected, "\(threads) threads")
    }
  }
}
