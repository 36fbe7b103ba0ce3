package import Stages

/// What a judge of wording says of one answer.
package struct WordingVerdict: Sendable, Hashable {
  /// The answer's class.
  package var label: Verdict.Label
  /// Why: the refusing words as the answer wrote them, or what is degenerate about it; nil for an answer.
  package var phrase: String?

  /// Makes a verdict from its parts.
  package init(label: Verdict.Label, phrase: String? = nil) {
    self.label = label
    self.phrase = phrase
  }
}
