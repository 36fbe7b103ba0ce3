import Compute
import EngineContract
import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Decoding

/// Scores of given texts on the tiny model, against the same logits one step at a time.
struct ContinuationScorerTests {
  private let model: LanguageModel
  private static let prompts = [[1, 20, 31, 45, 9], [1, 60, 7, 33, 80, 81, 82], [1, 5]]

  private let requests = (0..<40).map { number in
    ContinuationRequest(
      turns: [(0...number % 5).map { (number * 31 + $0 * 17) % 93 + 3 }],
      continuation: (0...number % 11).map { (number * 7 + $0 * 29) % 93 + 3 })
  }

  init() throws { model = try TinyModel.q4_1.load() }

  private func streams() throws -> [GenerationStream] {
    try Self.prompts.map { GenerationStream(model: model, prompt: try model.embed($0)) }
  }

  /// The streams' logits of one position, computed alone, `[streams, vocabulary]`.
  private func logits(after tokens: [Int], streams: Int) throws -> Matrix {
    var logits = Matrix(rows: streams, columns: model.configuration.vocabularySize)
    for stream in 0..<streams {
      let cache = model.makeCache(slots: 1, capacity: 64)
      var memory = PassMemory(model.configuration)
      let input = SequenceInput(
        embeddings: try model.embed(tokens), slot: 0, prefix: try model.prefix(model.embed(Self.prompts[stream])))
      logits[row: stream] = model.logits(of: try model.forward([input], cache: cache, memory: &memory))[row: 0]
    }
    return logits
  }

  @Test(arguments: [LinearRule([-0.4]), LinearRule(own: 1.5, [-0.5], plausibility: 0.3)])
  func scoresAreThoseOfDecodingStepByStep(rule: LinearRule) throws {
    let streams = try streams()
    let found = try ContinuationScorer(streams: Array(streams[..<2]), rule: rule, reference: streams[2])
      .scores(of: requests)
    var barred = 0
    for (request, score) in zip(requests, found).prefix(12) {
      for (place, token) in request.continuation.enumerated() {
        var alone = try logits(after: request.turns[0] + request.continuation.prefix(place), streams: 3)
        let base = logSoftmax(alone[row: 2].map(Double.init))
        rule.combine(&alone, steps: [place], extraStreams: 1, on: model.context)
        let expected = logSoftmax(alone[row: 0].map(Double.init))
        if expected[token] == -.infinity {
          barred += 1
          #expect(score.logProbabilities[place] == -.infinity)
        } else {
          assertClose([Float(score.logProbabilities[place])][...], [expected[token]], within: .absolute(1e-5))
        }
        let divergence = zip(expected, base).reduce(0) { $0 + ($1.0 == -.infinity ? 0 : exp($1.0) * ($1.0 - $1.1)) }
        assertClose([Float(score.divergences[place])][...], [divergence], within: .absolute(1e-5))
      }
    }
    #expect((barred > 0) == (rule.plausibility > 0))
  }

  @Test func theBaseModelDoesNotDivergeFromItself() throws {
    let stream = try streams()[0]
    let found = try ContinuationScorer(streams: [stream], rule: LinearRule.single, reference: stream).scores(
      of: requests)
    #expect(found.allSatisfy { $0.divergences.allSatisfy { $0 < 1e-6 } })
    #expect(found.allSatisfy { $0.logProbabilities.allSatisfy { $0 < 0 && $0.isFinite } })
  }

  /// However the requests are put together, the bits are the same.
  @Test func scoresDependOnNoBatch() throws {
    let streams = try streams()
    let scorer = try ContinuationScorer(
      streams: Array(streams[..<2]), rule: DivergenceRule(alpha: 0.8, plausibility: 0), reference: streams[2])
    let together = try scorer.scores(of: requests)
    let alone = try requests.flatMap { try scorer.scores(of: [$0]) }
    #expect(together == alone)
  }
}
