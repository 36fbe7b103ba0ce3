/// A message of a conversation with a server.
package struct ChatMessage: Sendable, Hashable {
  /// `user` or `assistant`.
  package var role: String
  /// What it says.
  package var content: String

  package init(role: String, content: String) {
    self.role = role
    self.content = content
  }

  /// What a user says.
  package static func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }

  /// A request and the answer to it, for a model that judges its last message; neither can speak for another.
  package static func exchange(instruction: String, answer: String) -> [ChatMessage] {
    [
      .user(JudgedText.sanitized(instruction)),
      ChatMessage(role: "assistant", content: JudgedText.sanitized(answer)),
    ]
  }
}
