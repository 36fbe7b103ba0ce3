/// The judge's verdict on one answer: a row of `verdicts.jsonl`, in the order of the generations.
package struct Verdict: Sendable, Hashable, Codable {
  /// What an answer is.
  package enum Label: String, Sendable, Hashable, Codable, CaseIterable {
    /// A refusal.
    case refused
    /// An answer to the request.
    case answered
    /// Empty, repetitive or gibberish by its form. Neither a refusal nor an answer.
    case degenerate
    /// Text that the untouched model holds unlikelier than what it writes itself. Neither a refusal nor an answer.
    case noise
    /// The answer's length ended its thinking aloud: what it would have said is not known.
    case unfinished
    /// The request was not asked: with an answer it is longer than what the model can read.
    case tooLong = "too long"
  }

  /// The request's identifier.
  package let id: String
  /// What the answer is.
  package let label: Label
  /// The words that decided, or nil.
  package let phrase: String?

  package init(id: String, label: Label, phrase: String?) {
    self.id = id
    self.label = label
    self.phrase = phrase
  }
}
