import JSON
import Stages

extension InstructionFields {
  /// The key of a conversation.
  private static let conversation = "messages"

  /// Whether a row of these names is a conversation: it has messages, and no text that is the instruction.
  func isConversation(_ names: [String]) -> Bool {
    guard names.contains(Self.conversation) else { return false }
    if let instruction { return !names.contains(instruction) }
    return !names.contains { Self.usualNames.contains($0.lowercased()) }
  }
}

extension InstructionRow {
  /// The messages of a conversation that awaits an answer: a system message or none, then the user and the assistant in
  /// turn, the user last.
  func messages() throws -> [ConversationMessage] {
    let expected = "a list of messages, {\"role\": …, \"content\": …} each, that ends with the user's"
    func bad(_ found: String, _ expected: String) -> EvaluationError {
      .badLine(path: path, line: line, found: found, expected: expected)
    }
    guard case .array(let elements)? = members.first(where: { $0.key == "messages" })?.value.value, !elements.isEmpty
    else { throw bad("\"messages\" that is no list, or an empty one", expected) }
    var messages: [ConversationMessage] = []
    for (index, element) in elements.enumerated() {
      let place = "messages[\(index)]"
      guard case .object(let parts) = element.value else { throw bad("\(element.kind) as \(place)", expected) }
      func text(_ key: String) throws -> String {
        guard case .string(let text)? = parts.first(where: { $0.key == key })?.value.value else {
          throw bad("\(place) without the text \"\(key)\"", expected)
        }
        return text
      }
      let name = try text("role"), content = try text("content")
      let isFirst = messages.allSatisfy { $0.role == .system }
      let wanted: ConversationMessage.Role = isFirst || messages.last?.role == .assistant ? .user : .assistant
      guard let role = ConversationMessage.Role(rawValue: name), role == wanted || index == 0 && role == .system else {
        throw bad(
          "the role \"\(name)\" as \(place)",
          "\(index == 0 ? "\"system\" or " : "")\"\(wanted.rawValue)\": a system message may begin, then the user and "
            + "the assistant speak in turn")
      }
      guard !content.isBlank || role == .system else { throw bad("an empty \(place)", "a text with something in it") }
      messages.append(ConversationMessage(role: role, content: content))
    }
    guard messages.last?.role == .user else {
      throw bad("\"messages\" that end with \(messages.last?.role.rawValue ?? "nothing")", expected)
    }
    return messages
  }
}
