import Compute
import EngineContract
import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Decoding

/// Batches of several methods, turns in pieces, and what is told of tokens.
struct SequenceBatchTests {
  private let model: LanguageModel

  init() throws { model = try TinyModel.q4_1.load() }

  private static let prompts = [[1, 20, 31, 45, 9], [1, 60, 7, 33, 80, 81, 82]]

  private func streams(_ count: Int) throws -> [GenerationStream] {
    try Self.prompts[..<count].map { GenerationStream(model: model, prompt: try model.embed($0)) }
  }

  private func turn(_ sample: Int, length: Int) -> [Int] { (0..<length).map { (sample * 31 + $0 * 17) % 93 + 3 } }

  /// A long turn in pieces, beside others that are already answered: the same tokens as at once.
  @Test(arguments: [2, 3, 7, 40]) func turnsInPiecesGiveTheSameTokens(rows: Int) throws {
    let streams = try streams(2), rule = LinearRule([-0.4])
    let requests = [9, 1, 60, 23, 2].enumerated().map { sample, length in
      GenerationRequest(turns: [turn(sample, length: length), [4] + turn(sample, length: length)], sample: sample)
    }
    let expected = try Generator(
      streams: streams, rule: rule, sampler: .greedy, seed: 1, maximumTokens: 8, stopTokens: []
    ).answers(to: requests)
    var batch = SequenceBatch(), answers: [Int: [Int]] = [:]
    let method = try MethodPass(streams: streams, rule: rule)
    let ids = requests.map { request in
      batch.join(
        SequenceRequest(turns: request.turns, choice: TokenChoice(.greedy, seed: 1, sample: request.sample)),
        under: method, positions: 80)
    }
    while batch.count > 0 {
      for step in try batch.step(turnRows: rows) {
        guard let token = step.token else { continue }
        answers[step.sequence, default: []].append(token)
        if answers[step.sequence]?.count == 8 { batch.leave(step.sequence) }
      }
    }
    #expect(ids.map { answers[$0] ?? [] } == expected.map(\.tokens))
  }

  /// What is told of a turn's own tokens and of those behind is what the scorer says of them.
  @Test(arguments: [1, 2], [4, 1000]) func likelihoodsAreTheScorers(count: Int, rows: Int) throws {
    let streams = try streams(count), rule = count == 1 ? LinearRule.single : LinearRule([-0.4])
    let turn = turn(3, length: 30), method = try MethodPass(streams: streams, rule: rule)
    var batch = SequenceBatch(), prompt: [TokenLikelihood] = [], answer: [TokenLikelihood] = []
    _ = batch.join(
      SequenceRequest(
        turns: [turn], choice: TokenChoice(.greedy, seed: 1, sample: 0), ranks: 5, tellsPrompt: true),
      under: method, positions: 40)
    while answer.count < 3 {
      for step in try batch.step(turnRows: rows) {
        prompt += step.prompt
        if let likelihood = step.likelihood { answer.append(likelihood) }
      }
    }
    #expect(prompt.map(\.own.token) == Array(turn.dropFirst()))
    let tokens = answer.map(\.own.token)
    let score = try ContinuationScorer(streams: streams, rule: rule).scores(of: [
      ContinuationRequest(turns: [[turn[0]]], continuation: Array(turn.dropFirst()) + tokens)
    ])[0]
    assertSameBits(
      (prompt + answer).map { Float($0.own.logProbability) }, score.logProbabilities.map { Float($0) }, "tokens")
    for likelihood in prompt + answer {
      #expect(likelihood.likeliest.count == 5)
      #expect(
        zip(likelihood.likeliest, likelihood.likeliest.dropFirst()).allSatisfy {
          $0.logProbability >= $1.logProbability
        })
      // The same float where a token stands in both places.
      let same = likelihood.likeliest.first { $0.token == likelihood.own.token }
      #expect(same == nil || same == likelihood.own)
    }
    // Greedy tokens are the likeliest.
    #expect(answer.allSatisfy { $0.likeliest.first == $0.own })
  }

  /// What is told of each step is what is found when the answer is given again.
  @Test func stepsAreTheTraces() throws {
    let streams = try streams(2), rule = LinearRule([-0.4], plausibility: 0.05), turn = turn(5, length: 6)
    var batch = SequenceBatch(), steps: [TokenStep] = []
    _ = batch.join(
      SequenceRequest(turns: [turn], choice: TokenChoice(.greedy, seed: 1, sample: 0), tellsSteps: true),
      under: try MethodPass(streams: streams, rule: rule), positions: 40)
    while steps.count < 12 { steps += try batch.step().compactMap(\.step) }
    let expected = try TokenTrace(streams: streams, rule: rule).steps(of: steps.map(\.token), turns: [turn])
    #expect(steps == expected)
    #expect(steps.contains { $0.isChanged })
  }

  /// Slots are used again where they fit, and given back.
  @Test func memoryIsUsedAgain() throws {
    let method = try MethodPass(streams: try streams(1), rule: LinearRule.single)
    var batch = SequenceBatch()
    func join(_ positions: Int) -> Int {
      batch.join(
        SequenceRequest(turns: [[5, 6]], choice: TokenChoice(.greedy, seed: 1, sample: 0)), under: method,
        positions: positions)
    }
    let first = join(64), size = batch.bytes
    batch.leave(first)
    let second = join(48)
    #expect(batch.bytes == size)
    let third = join(64)
    #expect(batch.bytes == 2 * size)
    batch.leave(third)
    batch.giveBackMemory()
    #expect(batch.bytes < 2 * size)
    batch.leave(second)
    batch.giveBackMemory()
    #expect(batch.bytes == 0 && batch.count == 0)
  }
}
