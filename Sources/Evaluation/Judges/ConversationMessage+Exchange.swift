package import Stages

extension ConversationMessage {
  /// What a user says.
  package static func user(_ content: String) -> ConversationMessage {
    ConversationMessage(role: .user, content: content)
  }
}

extension [ConversationMessage] {
  /// A request and the answer to it, for a model that judges its last message; neither can speak for another.
  package static func exchange(instruction: String, answer: String) -> [ConversationMessage] {
    [
      .user(JudgedText.sanitized(instruction)), .init(role: .assistant, content: JudgedText.sanitized(answer)),
    ]
  }
}
