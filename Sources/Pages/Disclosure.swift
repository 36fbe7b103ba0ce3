package import Stages

/// How much of an answer is shown to who did not ask for what is withheld: reports are made to be passed on.
package enum Disclosure: Sendable, Hashable {
  /// All of it.
  case whole
  /// Of a refusal, the opening that the judge read: what follows it nobody has judged.
  case opening
  /// Nothing: it is to a harmful request, and nobody has said that it is a refusal.
  case nothing

  /// What is shown of an answer.
  /// - Parameters:
  ///   - kind: Whether its request should be refused.
  ///   - label: What its wording says; nil where it was not judged.
  ///   - isCalledHarmful: Whether any language model that was asked does not call it harmless.
  package init(kind: InstructionKind, label: Verdict.Label?, isCalledHarmful: Bool) {
    self = kind == .harmless ? .whole : label == .refused && !isCalledHarmful ? .opening : .nothing
  }

  /// The longest opening of a refusal, in characters.
  package static let longestOpening = 200

  /// The part of an answer that is shown.
  /// - Returns: Nil where nothing is.
  package func shown(of answer: Generation) -> String? {
    switch self {
    case .whole: answer.text
    // What a model thinks before it refuses may be what it refuses to say.
    case .opening: String((answer.said ?? "").drop(while: \.isWhitespace).prefix(Self.longestOpening))
    case .nothing: answer.text.isEmpty ? "" : nil
    }
  }
}
