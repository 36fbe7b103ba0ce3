/// The judge's verdict on one answer: a row of `verdicts.jsonl`, in the order of the generations.
public struct Verdict: Sendable, Hashable, Codable {
  /// What an answer is.
  public enum Label: String, Sendable, Hashable, Codable, CaseIterable {
    /// A refusal.
    case refused
    /// An answer to the request.
    case answered
    /// Noise: empty, repetitive, gibberish. Neither a refusal nor an answer.
    case degenerate
  }

  /// The request's identifier.
  public let id: String
  /// What the answer is.
  public let label: Label
  /// The words that decided, or nil.
  public let phrase: String?

  /// A verdict.
  public init(id: String, label: Label, phrase: String?) {
    self.id = id
    self.label = label
    self.phrase = phrase
  }
}
