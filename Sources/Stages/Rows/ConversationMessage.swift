/// A message of a conversation that a file of requests brings.
package struct ConversationMessage: Sendable, Hashable, Codable {
  /// Who speaks.
  package enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case system, user, assistant
  }

  package let role: Role
  package let content: String

  package init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

extension [ConversationMessage] {
  /// The messages as one text, for who reads a request as a text: judges, and people.
  package var text: String {
    map { "[\($0.role.rawValue)] \($0.content)" }.joined(separator: "\n\n")
  }
}
