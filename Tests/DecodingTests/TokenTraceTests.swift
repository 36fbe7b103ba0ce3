import Compute
import EngineContract
import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Decoding

struct TokenTraceTests {
  private let model: LanguageModel
  private let streams: [GenerationStream]
  private let rule = LinearRule([-0.6])
  private let turn = [4, 60, 12]

  init() throws {
    let model = try TinyModel.q4_1.load()
    self.model = model
    streams = try [[1, 20, 31, 45, 9], [1, 60, 7, 33]].map {
      GenerationStream(model: model, prompt: try model.embed($0))
    }
  }

  private func answer() throws -> [Int] {
    let generator = try Generator(
      streams: streams, rule: rule, sampler: .greedy, seed: 1, maximumTokens: 16, stopTokens: [])
    return try generator.answers(to: [GenerationRequest(turn: turn, sample: 0)])[0].tokens
  }

  /// Traced, a greedy answer's tokens are the combination's likeliest; their probabilities are those of the scorer.
  @Test func aTraceIsOfTheAnswersOwnDistributions() throws {
    let tokens = try answer(), steps = try TokenTrace(streams: streams, rule: rule).steps(of: tokens, turns: [turn])
    #expect(steps.map(\.token) == tokens && steps.count == 16)
    #expect(steps.allSatisfy { $0.probability >= $0.favoriteAfter })
    #expect(steps.contains { $0.isChanged } && steps.contains { !$0.isChanged })
    #expect(steps.allSatisfy { $0.favoriteBefore >= $0.streamProbabilities[0] && $0.streamProbabilities.count == 2 })
    let request = ContinuationRequest(turns: [turn], continuation: tokens)
    let combined = try ContinuationScorer(streams: streams, rule: rule).scores(of: [request])[0]
    #expect(steps.map(\.probability) == combined.logProbabilities.map { exp($0) })
    for stream in 0..<2 {
      let alone = try ContinuationScorer(streams: [streams[stream]], rule: LinearRule.single).scores(of: [request])[0]
      #expect(steps.map { $0.streamProbabilities[stream] } == alone.logProbabilities.map { exp($0) })
    }
  }

  @Test func anEmptyAnswerHasNoSteps() throws {
    #expect(try TokenTrace(streams: streams, rule: rule).steps(of: [], turns: [turn]).isEmpty)
  }
}
