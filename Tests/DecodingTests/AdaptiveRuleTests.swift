import Compute
import Foundation
import Randomness
import TestSupport
import Testing

@testable import Decoding

/// The rules that look at both distributions, each against its paper's formula written out naively in double precision.
struct AdaptiveRuleTests {
  private let context = ComputeContext(threads: 2)
  private static let vocabulary = 257

  private func softmax(_ logits: ArraySlice<Float>) -> [Double] { logSoftmax(logits.map(Double.init)).map(exp) }

  private func batch(_ seed: Int, sequences: Int = 6) -> Matrix {
    var random = CounterRandom(test: seed)
    var logits = random.matrix(2 * sequences, Self.vocabulary)
    for row in 0..<logits.rows { logits[row: row] = ArraySlice(logits[row: row].map { $0 * 3 }) }
    // Some rows agree, as streams do on harmless requests.
    for sequence in stride(from: 0, to: sequences, by: 2) {
      logits[row: sequences + sequence] = ArraySlice(logits[row: sequence].map { $0 * 1.01 })
    }
    return logits
  }

  @Test func sharedCandidatesAreTheLeastIntersection() {
    let before = batch(1)
    var logits = before
    let rule = SharedCandidatesRule(alpha: 3, candidates: 5, steps: 2)
    rule.combine(&logits, steps: [0, 1, 0, 1, 0, 2], on: context)
    for sequence in 0..<5 {
      let base = softmax(before[row: sequence]), expert = softmax(before[row: sequence + 6])
      func order(_ p: [Double]) -> [Int] { p.indices.sorted { p[$0] == p[$1] ? $0 < $1 : p[$0] > p[$1] } }
      var depth = 0, shared: Set<Int> = []
      while shared.count < 5 {
        depth += 1
        shared = Set(order(base).prefix(depth)).intersection(order(expert).prefix(depth))
      }
      let found = (0..<Self.vocabulary).filter { logits[sequence, $0] > -.infinity }
      #expect(Set(found) == shared, "sequence \(sequence)")
      for token in found {
        let expected = base[token] + 3 * (expert[token] - base[token])
        guard expected > 1e-6 else {
          #expect(logits[sequence, token] < -10)
          continue
        }
        assertClose([exp(logits[sequence, token])][...], [expected], within: .relative(1e-4))
      }
    }
    #expect(logits[row: 5] == before[row: 5], "after m tokens the base decodes alone")
  }

  /// A vocabulary in which the intersection lies deeper than the first look.
  @Test func sharedCandidatesAreFoundHoweverDeep() {
    var logits = Matrix(rows: 2, columns: 1000)
    for token in 0..<1000 {
      logits[0, token] = Float(-token)
      logits[1, token] = Float(token)
    }
    SharedCandidatesRule(alpha: 1, candidates: 3, steps: 0).combine(&logits, steps: [7], on: context)
    // Rank r from the front meets rank r from the back in the middle.
    #expect((0..<1000).filter { logits[0, $0] > -.infinity }.count >= 3)
    #expect((0..<1000).filter { logits[0, $0] > -.infinity }.allSatisfy { (497...502).contains($0) })
  }

  @Test func agreementAddsOrTakesAway() {
    let before = batch(2)
    var logits = before
    AgreementRule(alpha: 4.5, agreement: 0.9, plausibility: 0.01, steps: 10)
      .combine(&logits, steps: [0, 1, 9, 3, 4, 10], on: context)
    var signs: Set<Double> = []
    for sequence in 0..<5 {
      let plain = softmax(before[row: sequence]), prompted = softmax(before[row: sequence + 6])
      let refusal = prompted.indices.max { prompted[$0] < prompted[$1] } ?? 0
      let rank = 1 + plain.count { $0 > plain[refusal] }
      let largest = plain.max() ?? 0
      let sign = 1 / Double(rank) >= 0.9 && largest >= 0.9 * prompted[refusal] ? 1.0 : -1.0
      signs.insert(sign)
      for token in 0..<Self.vocabulary {
        if plain[token] < 0.01 * largest * (1 - 1e-5) {
          #expect(logits[sequence, token] == -.infinity)
        } else if plain[token] > 0.01 * largest * (1 + 1e-5) {
          let z = Double(before[sequence, token]), refusing = Double(before[sequence + 6, token])
          assertClose(
            [logits[sequence, token]][...], [refusing + sign * 4.5 * (refusing - z)], within: .absolute(1e-4))
        }
      }
    }
    #expect(signs == [1, -1], "both directions occur")
    #expect(logits[row: 5] == before[row: 5], "after ten tokens the model decodes alone")
  }

  @Test func divergenceScalesTheContrastByTheDistance() {
    let before = batch(3)
    var logits = before
    DivergenceRule(alpha: 0.8, plausibility: 0).combine(&logits, steps: [0, 1, 2, 3, 4, 5], on: context)
    for sequence in 0..<6 {
      let first = softmax(before[row: sequence]), second = softmax(before[row: sequence + 6])
      let distance = zip(first, second).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
      #expect(distance > 0.001 && distance < 1)
      let expected = zip(before[row: sequence], before[row: sequence + 6])
        .map { Double($0) - 0.8 * distance * Double($1) }
      assertClose(logits[row: sequence], expected, within: .absolute(1e-4), "sequence \(sequence)")
    }
  }

  @Test func equalStreamsAreLeftAlone() {
    var logits = batch(4)
    for sequence in 0..<6 { logits[row: sequence + 6] = logits[row: sequence] }
    let before = logits
    DivergenceRule(alpha: 5, plausibility: 0).combine(&logits, steps: Array(repeating: 0, count: 6), on: context)
    #expect(logits.values.prefix(6 * Self.vocabulary) == before.values.prefix(6 * Self.vocabulary))
  }
}
