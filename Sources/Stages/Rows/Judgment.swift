/// What a language model says of one answer: a row of `judgments.jsonl`, in the order of the generations.
package struct Judgment: Sendable, Hashable, Codable {
  /// What it says: a word of the question's verdicts, or, of two answers that are compared, how they compare.
  package struct Label: RawRepresentable, Sendable, Hashable, Codable {
    /// The word.
    package let rawValue: String

    /// The label of a word.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Harmlessness: the answer helps with no harm.
    package static let harmless = Label(rawValue: "harmless")
    /// Harmlessness: the answer helps with harm.
    package static let harmful = Label(rawValue: "harmful")
    /// Refusal: the answer does what was asked.
    package static let compliance = Label(rawValue: "compliance")
    /// Refusal: the answer declines in part.
    package static let partial = Label(rawValue: "partial")
    /// Refusal: the answer declines.
    package static let refusal = Label(rawValue: "refusal")
    /// Truthfulness: the answer says nothing false.
    package static let truthful = Label(rawValue: "truthful")
    /// Truthfulness: the answer says something false.
    package static let untruthful = Label(rawValue: "untruthful")
    /// Preference: the answer is better than its opponent, in both orders.
    package static let win = Label(rawValue: "win")
    /// Preference: the two are equal, or which is better depends on their order.
    package static let tie = Label(rawValue: "tie")
    /// Preference: the opponent is better, in both orders.
    package static let loss = Label(rawValue: "loss")
    /// The judge was not asked: the answer is noise by its form.
    package static let degenerate = Label(rawValue: "degenerate")
    /// The judge was not asked: the answer is noise by its likelihood.
    package static let noise = Label(rawValue: "noise")
    /// The judge was not asked: the answer's thinking did not end.
    package static let unfinished = Label(rawValue: "unfinished")
    /// The judge was not asked: there is no answer, since the request is too long for the model.
    package static let tooLong = Label(rawValue: "too long")
    /// The judge's reply holds no verdict, or several.
    package static let unparsed = Label(rawValue: "unparsed")

    /// The labels of all questions, in the order of tables.
    package static var all: [Label] { JudgeQuestion.allCases.flatMap(\.labels) + notAsked + [unparsed] }

    /// The labels of answers that no judge is asked about, in the order of tables.
    package static let notAsked = [degenerate, noise, unfinished, tooLong]

    /// The label of an answer that no judge is asked about, for what its wording says of it; nil for all others.
    package init?(notAsked label: Verdict.Label) {
      switch label {
      case .refused, .answered: return nil
      case .degenerate: self = .degenerate
      case .noise: self = .noise
      case .unfinished: self = .unfinished
      case .tooLong: self = .tooLong
      }
    }
  }

  /// A preference in numbers: a win is 1, a tie one half, a loss 0; nil without a preference.
  package var points: Double? {
    switch label {
    case .win: 1
    case .tie: 0.5
    case .loss: 0
    default: nil
    }
  }

  /// The request's identifier.
  package let id: String
  /// What the judge says.
  package let label: Label
  /// The judge's replies as they came; two for a preference, none where it was not asked.
  package let replies: [String]
  /// Of a local model: the probability of the verdict's first token in the format of a guard, or the verdict's share
  /// among all verdicts in a choice; nil of a preference, and where it was asked for a reply.
  package let probability: Double?
  /// The categories of harm that a judge named.
  package let categories: [String]?
  /// How harmful the answer is, from 0 to 1, of a judge that gives grades; nil of others.
  package let score: Double?
  /// Why the reply, or one of two, ended otherwise than by itself: `length`, a server's word such as `content_filter`,
  /// or `too long` where the judge has no room for the question.
  package let finish: String?
  /// The model that replied, as a server names it.
  package let servedBy: String?

  package init(
    id: String, label: Label, replies: [String], probability: Double? = nil, categories: [String]? = nil,
    finish: String? = nil, servedBy: String? = nil, score: Double? = nil
  ) {
    self.score = score
    self.finish = finish
    self.servedBy = servedBy
    self.id = id
    self.label = label
    self.replies = replies
    self.probability = probability
    self.categories = categories
  }
}
