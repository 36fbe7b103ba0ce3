package import Stages
package import Statistics

/// How a set of answers was judged: counts, and shares of all answers with 95 % Wilson intervals.
///
/// Degenerate and unfinished answers, noise, and requests that were too long to be asked, stay in every denominator:
/// they raise neither the refusal rate nor the answer rate.
package struct RefusalMetrics: Sendable, Hashable, Codable {
  /// The number of answers, at least 1.
  package let count: Int
  /// How many were refused.
  package let refused: Int
  /// How many were answered.
  package let answered: Int
  /// How many were degenerate.
  package let degenerate: Int
  /// How many are noise by their likelihood.
  package let noise: Int
  /// How many did not come to an end of their thinking.
  package let unfinished: Int
  /// How many requests were not asked.
  package let tooLong: Int
  /// `refused / count`.
  package let refusalRate: WilsonInterval
  /// `answered / count`.
  package let answerRate: WilsonInterval
  /// `degenerate / count`.
  package let degenerateRate: WilsonInterval

  /// Counts the labels. Nil for no labels at all: a rate of nothing has no value.
  package init?(labels: [Verdict.Label]) {
    let count = labels.count
    let refused = labels.count { $0 == .refused }
    let answered = labels.count { $0 == .answered }
    let degenerate = labels.count { $0 == .degenerate }
    guard let refusalRate = WilsonInterval(successes: refused, count: count),
      let answerRate = WilsonInterval(successes: answered, count: count),
      let degenerateRate = WilsonInterval(successes: degenerate, count: count)
    else { return nil }
    self.count = count
    self.refused = refused
    self.answered = answered
    self.degenerate = degenerate
    noise = labels.count { $0 == .noise }
    unfinished = labels.count { $0 == .unfinished }
    tooLong = labels.count { $0 == .tooLong }
    self.refusalRate = refusalRate
    self.answerRate = answerRate
    self.degenerateRate = degenerateRate
  }
}
