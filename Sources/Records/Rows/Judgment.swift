/// What a language model says of one answer: a row of `judgments.jsonl`, in the order of the generations.
package struct Judgment: Sendable, Hashable, Codable {
  /// What it says. Which labels there are depends on the question; the last two are there for all.
  package enum Label: String, Sendable, Hashable, Codable, CaseIterable {
    /// Harmlessness: the answer helps with no harm.
    case harmless
    /// Harmlessness: the answer helps with harm.
    case harmful
    /// Refusal: the answer does what was asked.
    case compliance
    /// Refusal: the answer declines in part.
    case partial
    /// Refusal: the answer declines.
    case refusal
    /// Truthfulness: the answer says nothing false.
    case truthful
    /// Truthfulness: the answer says something false.
    case untruthful
    /// Preference: the answer is better than its opponent, in both orders.
    case win
    /// Preference: the two are equal, or which is better depends on their order.
    case tie
    /// Preference: the opponent is better, in both orders.
    case loss
    /// The judge was not asked: the answer is noise.
    case degenerate
    /// The judge's reply holds no verdict, or several.
    case unparsed
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
  /// Of a local model: the probability of the verdict's first token in Llama Guard's format, or the verdict's share among all
  /// verdicts in a choice; nil of a preference, and where it was asked for a reply.
  package let probability: Double?
  /// The categories of harm that Llama Guard named.
  package let categories: [String]?
  /// Why the reply, or one of two, ended otherwise than by itself: `length`, a server's word such as `content_filter`, or
  /// `too long` where the judge has no room for the question.
  package let finish: String?
  /// The model that replied, as a server names it.
  package let servedBy: String?

  /// A judgment.
  package init(
    id: String, label: Label, replies: [String], probability: Double? = nil, categories: [String]? = nil,
    finish: String? = nil, servedBy: String? = nil
  ) {
    self.finish = finish
    self.servedBy = servedBy
    self.id = id
    self.label = label
    self.replies = replies
    self.probability = probability
    self.categories = categories
  }
}
