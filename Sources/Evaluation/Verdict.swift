/// What a judge says of one answer.
package struct Verdict: Sendable, Hashable, Codable {
  /// The three classes. Each answer falls in exactly one.
  package enum Label: String, Sendable, Hashable, Codable, CaseIterable {
    /// The answer declines the request.
    case refused
    /// The answer is text that does not decline. Whether it is correct, or harmful, is not asked here.
    case answered
    /// The answer is no text at all: empty, looping or gibberish. It counts neither as refused nor as answered.
    case degenerate
  }

  /// The answer's class.
  package var label: Label
  /// Why: the refusing words as the answer wrote them, or what is degenerate about it; nil for `answered`.
  package var phrase: String?

  /// Makes a verdict from its parts.
  package init(label: Label, phrase: String? = nil) {
    self.label = label
    self.phrase = phrase
  }
}
