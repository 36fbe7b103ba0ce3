import Compute
import Foundation
import Randomness
import Stages
import TestSupport
import Testing

@testable import Decoding

struct LinearRuleTests {
  private let context = ComputeContext(threads: 2)

  @Test func countsItsStreams() {
    #expect(LinearRule.single.streams == 1)
    #expect(LinearRule([-0.4]).streams == 2)
    #expect(LinearRule([-0.4, 0.2]).streams == 3)
  }

  /// Equation 5: `logit_S − α · logit_A`.
  @Test(arguments: [0, 0.1, 0.4, 1, -0.5]) func contrastIsEquation5(alpha: Double) {
    var random = CounterRandom(test: 1)
    let before = random.matrix(10, 33)
    var logits = before
    LinearRule([Float(-alpha)]).combine(&logits, steps: [0, 1, 2, 3, 4], on: context)
    for row in 0..<5 {
      let expected = zip(before[row: row], before[row: row + 5]).map { Double($0) - alpha * Double($1) }
      assertClose(logits[row: row], expected, within: .absolute(1e-6), "row \(row)")
    }
  }

  /// Self-CD: `z − α · (z − z₀)`, with `z` under a safe prompt and `z₀` without.
  @Test func selfContrastTakesAwayWhatThePromptAdds() throws {
    var random = CounterRandom(test: 3)
    let before = random.matrix(4, 21)
    var logits = before
    var parameters = MethodParameters(method: try #require(DecodingMethod(rawValue: "self-cd")))
    parameters.alpha = 2.5
    parameters.rule.combine(&logits, steps: [0, 7], on: context)
    for row in 0..<2 {
      let expected = zip(before[row: row], before[row: row + 2]).map { Double($0) - 2.5 * (Double($0) - Double($1)) }
      assertClose(logits[row: row], expected, within: .absolute(1e-5), "row \(row)")
    }
  }

  @Test func severalStreamsAddUp() {
    var random = CounterRandom(test: 2)
    let before = random.matrix(6, 17)
    var logits = before
    LinearRule(own: 1.5, [-0.5, 2]).combine(&logits, steps: [0, 0], on: context)
    for row in 0..<2 {
      let expected = (0..<17).map {
        1.5 * Double(before[row, $0]) - 0.5 * Double(before[row + 2, $0]) + 2 * Double(before[row + 4, $0])
      }
      assertClose(logits[row: row], expected, within: .absolute(1e-6), "row \(row)")
    }
  }

  /// A rule with a number of steps leaves the first stream as it is from there on, mask and all.
  @Test func behindItsStepsTheFirstStreamGoesOnAlone() throws {
    var random = CounterRandom(test: 4)
    let before = random.matrix(8, 33)
    let rules: [any CombinationRule] = [
      LinearRule([-0.4], plausibility: 0.1, steps: 2), DivergenceRule(alpha: 0.4, plausibility: 0.1, steps: 2),
    ]
    let endless: [any CombinationRule] = [
      LinearRule([-0.4], plausibility: 0.1), DivergenceRule(alpha: 0.4, plausibility: 0.1),
    ]
    for (rule, all) in zip(rules, endless) {
      var cut = before, whole = before
      rule.combine(&cut, steps: [0, 1, 2, 3], on: context)
      all.combine(&whole, steps: [0, 1, 2, 3], on: context)
      for row in 0..<4 { #expect(Array(cut[row: row]) == Array((row < 2 ? whole : before)[row: row]), "row \(row)") }
    }
  }

  /// Li et al., arXiv 2210.15097: `log p_e − log-softmax(z_a / τ)` where `log p_e ≥ max log p_e + ln 0.1`, else −∞.
  /// What the rule leaves out is the same for all tokens of a row.
  @Test func theMaskIsThePlausibilityConstraint() {
    var random = CounterRandom(test: 3)
    let before = random.matrix(8, 301), temperature = 0.5
    var logits = before
    LinearRule([Float(-1 / temperature)], plausibility: 0.1).combine(&logits, steps: [0, 0, 0, 0], on: context)
    for row in 0..<4 {
      let expert = logSoftmax(before[row: row].map(Double.init))
      let amateur = logSoftmax(before[row: row + 4].map { Double($0) / temperature })
      let limit = (expert.max() ?? 0) + log(0.1)
      let kept = expert.indices.filter { expert[$0] >= limit }
      #expect(kept.count > 1 && kept.count < 300)
      #expect(logits[row: row].indices.filter { logits.values[$0] > -.infinity }.map { $0 % 301 } == kept)
      let shift = Double(logits[row, kept[0]]) - (expert[kept[0]] - amateur[kept[0]])
      assertClose(
        kept.map { logits[row, $0] }[...], kept.map { expert[$0] - amateur[$0] + shift }, within: .absolute(1e-5))
    }
  }
}

/// The definition, in double precision.
func logSoftmax(_ logits: [Double]) -> [Double] {
  let normalizer = log(logits.reduce(0) { $0 + exp($1) })
  return logits.map { $0 - normalizer }
}
