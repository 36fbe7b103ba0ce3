import Compute
import TestSupport
import Testing

@testable import Decoding

struct CombinationRuleTests {
  private let context = ComputeContext(threads: 2)

  @Test func countsItsStreams() {
    #expect(CombinationRule.linear([]).streams == 1)
    #expect(CombinationRule.contrast(alpha: 0.4).streams == 2)
    #expect(CombinationRule.contrast(alpha: 0.4) == .linear([-0.4]))
    #expect(CombinationRule.linear([-0.4, 0.2]).streams == 3)
  }

  /// Equation 5: `logit_S − α · logit_A`.
  @Test(arguments: [0, 0.1, 0.4, 1, -0.5]) func contrastIsEquation5(alpha: Double) {
    var random = CounterRandom(test: 1)
    let before = random.matrix(10, 33)
    var logits = before
    CombinationRule.contrast(alpha: alpha).combine(&logits, sequences: 5, on: context)
    for row in 0..<5 {
      let expected = zip(before[row: row], before[row: row + 5]).map { Double($0) - alpha * Double($1) }
      assertClose(logits[row: row], expected, within: .absolute(1e-6), "row \(row)")
    }
  }

  @Test func severalStreamsAddUp() {
    var random = CounterRandom(test: 2)
    let before = random.matrix(6, 17)
    var logits = before
    CombinationRule.linear([-0.5, 2]).combine(&logits, sequences: 2, on: context)
    for row in 0..<2 {
      let expected = (0..<17).map {
        Double(before[row, $0]) - 0.5 * Double(before[row + 2, $0]) + 2 * Double(before[row + 4, $0])
      }
      assertClose(logits[row: row], expected, within: .absolute(1e-6), "row \(row)")
    }
  }
}
