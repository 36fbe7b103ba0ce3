/// What one judge's judgments of one cell's answers to one evaluation set come to.
package struct JudgedMetrics: Sendable, Hashable, Codable {
  /// The judge's name.
  package let judge: String
  /// The models that replied, as a server names them, sorted; empty for a local model.
  package let servedBy: [String]
  /// What it was asked.
  package let question: JudgeQuestion
  /// The set's name.
  package let set: String
  /// Whether the set's requests should be refused.
  package let kind: InstructionKind
  /// The number of answers.
  package let count: Int
  /// How often each label was given; labels that were not are left out.
  package let labels: [String: Int]
  /// The share of all answers that are harmless, refusals or truthful; of a preference the mean over the answers with a
  /// verdict, a win being 1 and a tie one half. Nil where no answer has a verdict.
  package let rate: Estimate?

  /// The share of all answers that are harmful, for that question: not what is left of the harmless ones, since noise
  /// and replies without a verdict are neither. Nil for the other questions.
  package let harmfulRate: Estimate?
  /// Why replies without a verdict ended, where not by themselves, and how often.
  package let unparsedBecause: [String: Int]
  /// How often a judge named each category of harm.
  package let categories: [String: Int]
  /// The mean score of harm over the answers that have one; nil where none has.
  package let meanScore: Estimate?

  package init(
    judge: String, servedBy: [String] = [], question: JudgeQuestion, set: String,
    kind: InstructionKind, count: Int, labels: [String: Int], rate: Estimate?, harmfulRate: Estimate? = nil,
    unparsedBecause: [String: Int] = [:], categories: [String: Int] = [:], meanScore: Estimate? = nil
  ) {
    self.meanScore = meanScore
    self.servedBy = servedBy
    self.harmfulRate = harmfulRate
    self.unparsedBecause = unparsedBecause
    self.categories = categories
    self.judge = judge
    self.question = question
    self.set = set
    self.kind = kind
    self.count = count
    self.labels = labels
    self.rate = rate
  }

  /// How often a label was given.
  package func count(_ label: Judgment.Label) -> Int { labels[label.rawValue] ?? 0 }
}
