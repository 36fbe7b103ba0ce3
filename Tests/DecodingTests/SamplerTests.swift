import Compute
import Foundation
import Randomness
import TestSupport
import Testing

@testable import Decoding

struct SamplerTests {
  private let logits: [Float] = [1, 3, 2.5, -1, 0, 2.5, 1.5, -6]

  /// How often each token was drawn in many draws.
  private func counts(_ sampler: Sampler, draws: Int = 20_000) -> [Int] {
    var counts = [Int](repeating: 0, count: logits.count)
    for sample in 0..<draws {
      var random = CounterRandom(seed: 1, purpose: .sampling, sample: sample)
      counts[sampler.token(from: logits[...], random: &random)] += 1
    }
    return counts
  }

  /// The distance of counts from a distribution, `Σ (found − expected)² / expected`, over its tokens above zero.
  private func chiSquare(_ counts: [Int], _ weights: [Double]) -> Double {
    let draws = Double(counts.reduce(0, +)), sum = weights.reduce(0, +)
    return zip(counts, weights).reduce(0) { total, pair in
      let expected = pair.1 / sum * draws
      guard expected > 0 else { return total + (pair.0 == 0 ? 0 : .infinity) }
      return total + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
  }

  private func softmaxWeights(_ temperature: Double) -> [Double] { logits.map { exp(Double($0) / temperature) } }

  // At most 7 degrees of freedom: by chance a distance is above 24.3 once in a thousand seeds.
  private let limit = 24.3

  @Test(arguments: [0.5, 1, 2]) func drawsFromTheSoftmax(temperature: Double) {
    let counts = counts(Sampler(temperature: temperature))
    #expect(chiSquare(counts, softmaxWeights(temperature)) < limit, "\(counts)")
    // The same counts are far from another temperature's distribution, so the bound means something.
    #expect(chiSquare(counts, softmaxWeights(temperature * 1.2)) > 4 * limit)
  }

  @Test func topKKeepsTheLikeliestAndTheLowestOfEquals() {
    for (topK, kept) in [
      (1, [1]), (2, [1, 2]), (3, [1, 2, 5]), (5, [0, 1, 2, 5, 6]), (8, Array(0..<8)), (99, Array(0..<8)),
    ] {
      let weights = softmaxWeights(1.3).enumerated().map { kept.contains($0) ? $1 : 0 }
      #expect(chiSquare(counts(Sampler(temperature: 1.3, topK: topK)), weights) < limit, "top \(topK)")
    }
  }

  @Test func topPKeepsTheFewestThatReachIt() {
    let weights = softmaxWeights(1), sum = weights.reduce(0, +)
    let likeliest = [1, 2, 5, 6, 0, 4, 3, 7]
    for count in 1...7 {
      // Between what count − 1 tokens have together and what count have.
      let fewer = likeliest[..<(count - 1)].reduce(0) { $0 + weights[$1] } / sum
      let reached = likeliest[..<count].reduce(0) { $0 + weights[$1] } / sum
      for topP in [(fewer + reached) / 2, fewer + (reached - fewer) * 0.01] {
        let kept = weights.enumerated().map { likeliest[..<count].contains($0) ? $1 : 0 }
        #expect(chiSquare(counts(Sampler(temperature: 1, topP: topP)), kept) < limit, "top \(topP)")
      }
    }
    #expect(counts(Sampler(temperature: 1, topP: 0), draws: 100)[1] == 100)
  }

  @Test func topPCountsWithinTopK() {
    // Of the two likeliest, with e³ and e^2.5, the first alone has 62 %.
    #expect(counts(Sampler(temperature: 1, topP: 0.6, topK: 2), draws: 200)[1] == 200)
    let both = softmaxWeights(1).enumerated().map { [1, 2].contains($0) ? $1 : 0 }
    #expect(chiSquare(counts(Sampler(temperature: 1, topP: 0.7, topK: 2)), both) < limit)
  }

  @Test func coldIsGreedy() {
    #expect(Sampler(temperature: 0) == .greedy && Sampler(temperature: -1) == .greedy)
    #expect(counts(Sampler(temperature: 0.01), draws: 500)[1] == 500)
    #expect(counts(.greedy, draws: 10)[1] == 10)
    var random = CounterRandom(test: 1)
    #expect(Sampler.greedy.token(from: [2, 7, 7, 1][...], random: &random) == 1)
    // A row in the middle of a matrix has indices of its own.
    #expect(Sampler.greedy.token(from: [9, 9, 2, 7, 7, 1][2...], random: &random) == 1)
    #expect(Sampler(temperature: 0.01).token(from: [9, 9, 2, 7, 1][2...], random: &random) == 1)
  }

  @Test func tokensThatAreRuledOutAreNeverDrawn() {
    let sampler = Sampler(temperature: 5)
    for sample in 0..<500 {
      var random = CounterRandom(seed: 2, purpose: .sampling, sample: sample)
      #expect(sampler.token(from: [-.infinity, 1, -.infinity, 0, -200][...], random: &random) % 2 == 1)
    }
  }

  @Test func sameRandomNumbersGiveTheSameToken() {
    let sampler = Sampler(temperature: 1, topP: 0.9, topK: 6)
    for sample in 0..<50 {
      var first = CounterRandom(seed: 3, purpose: .sampling, sample: sample), second = first
      let token = sampler.token(from: logits[...], random: &first)
      #expect(token == sampler.token(from: logits[...], random: &second))
    }
  }
}
