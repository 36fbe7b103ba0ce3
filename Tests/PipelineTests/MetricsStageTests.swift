import Foundation
import Stages
import Testing

@testable import Pipeline

struct MetricsStageTests {
  private func score(_ id: Int, tokens: Int, _ sum: Double?) -> Score {
    Score(id: "\(id)", tokens: tokens, logProbability: sum, divergence: 0.5, isBestLikeliest: nil, trueShare: nil)
  }

  @Test func perplexityIsOverAllTokens() throws {
    let metrics = ScoreMetrics(of: [score(1, tokens: 10, -20), score(2, tokens: 30, -90)], on: "a")
    let perplexity = try #require(metrics.perplexity)
    #expect(abs(perplexity.value - exp(110.0 / 40)) < 1e-12)
    #expect(perplexity.low <= perplexity.value && perplexity.value <= perplexity.high)
    #expect(metrics.barred == 0 && metrics.firstChoice == nil && metrics.divergence?.value == 0.5)
  }

  /// A text that a method can't say has no finite perplexity, and leaving it out would flatter the method.
  @Test func aBarredTokenLeavesNoPerplexity() {
    let metrics = ScoreMetrics(of: [score(1, tokens: 10, -20), score(2, tokens: 3, nil)], on: "a")
    #expect(metrics.perplexity == nil && metrics.barred == 1 && metrics.count == 2)
  }

  /// ∞ is a value: it is told as that of a barred token is, and fails no cell.
  @Test func whatIsBeyondAllNumbersIsNotANumber() throws {
    let metrics = ScoreMetrics(of: [score(1, tokens: 2, -1e5), score(2, tokens: 2, -2)], on: "a")
    #expect(metrics.perplexity == nil && metrics.barred == 0 && metrics.divergence?.value == 0.5)
    let endless = Score(
      id: "3", tokens: 2, logProbability: -2, divergence: nil, isBestLikeliest: nil, trueShare: nil)
    #expect(ScoreMetrics(of: [score(1, tokens: 2, -1), endless], on: "a").divergence == nil)
  }

  @Test func whatWasTooLongIsCountedApart() {
    let long = Score(
      id: "3", tokens: 0, logProbability: nil, divergence: nil, isBestLikeliest: nil, trueShare: nil, isTooLong: true)
    let metrics = ScoreMetrics(of: [score(1, tokens: 10, -20), long], on: "a")
    #expect(metrics.tooLong == 1 && metrics.count == 2 && metrics.barred == 0)
    #expect(metrics.divergence?.value == 0.5 && metrics.perplexity.map { abs($0.value - exp(2)) < 1e-12 } == true)
  }

  @Test func choices() {
    let metrics = ScoreMetrics(
      of: (0..<4).map {
        Score(
          id: "\($0)", tokens: 0, logProbability: nil, divergence: nil, isBestLikeliest: $0 == 0,
          trueShare: Double($0) / 4)
      }, on: "a")
    #expect(metrics.firstChoice?.value == 0.25 && metrics.trueShare?.value == 0.375)
    #expect(metrics.perplexity == nil && metrics.divergence == nil)
  }
}
