import Stages
import Statistics
import Testing

@testable import Evaluation

struct RefusalMetricsTests {
  @Test func countsEveryLabelAgainstAllAnswers() throws {
    let labels: [Verdict.Label] =
      Array(repeating: .refused, count: 7) + Array(repeating: .answered, count: 50)
      + Array(repeating: .degenerate, count: 3)
    let metrics = try #require(RefusalMetrics(labels: labels))
    #expect(metrics.count == 60)
    #expect((metrics.refused, metrics.answered, metrics.degenerate) == (7, 50, 3))
    #expect(metrics.refusalRate == WilsonInterval(successes: 7, count: 60))
    #expect(metrics.answerRate == WilsonInterval(successes: 50, count: 60))
    #expect(metrics.degenerateRate == WilsonInterval(successes: 3, count: 60))
  }

  @Test func hasNoValueWithoutAnswers() {
    #expect(RefusalMetrics(labels: []) == nil)
  }
}
