import JSON
import Stages

/// A request for an answer in a conversation, `POST /v1/chat/completions`.
package struct ChatRequest: Sendable {
  var sampling: SamplingFields
  /// The messages before the last.
  var earlier: [ConversationMessage]
  /// The last message, a user's.
  var instruction: String
  /// How many of the likeliest tokens are told; nil tells no log-probabilities.
  var ranks: Int?

  /// Reads a body.
  /// - Throws: `APIError` for what this server can't do, by the field's name.
  package init(_ body: some Sequence<UInt8>) throws(APIError) {
    var fields = try RequestFields(body)
    sampling = try SamplingFields(&fields, lengths: ["max_completion_tokens", "max_tokens"])
    let isTold = try fields.flag("logprobs") ?? false, most = try fields.integer("top_logprobs", in: 0...20)
    if most != nil, !isTold {
      throw .field("top_logprobs", found: "\(most ?? 0) without logprobs", expected: "\"logprobs\": true beside it")
    }
    ranks = isTold ? most ?? 0 : nil
    guard let messages = fields.value("messages") else {
      throw .field("messages", found: "nothing", expected: "an array of messages")
    }
    (earlier, instruction) = try Self.conversation(messages)
    try fields.accept([
      ("tools", [.array([])]), ("tool_choice", ["none", "auto"]), ("functions", [.array([])]),
      ("function_call", ["none", "auto"]), ("parallel_tool_calls", [true, false]),
      ("response_format", [["type": "text"]]), ("modalities", [["text"]]), ("audio", []), ("prediction", []),
      ("reasoning_effort", ["none"]), ("web_search_options", []), ("verbosity", ["medium"]),
      ("add_generation_prompt", [true]), ("continue_final_message", [false]), ("echo", [false]),
    ])
    try fields.finish()
  }

  /// A system message or none, then users and assistants in turn, a user last.
  private static func conversation(_ value: JSONValue) throws(APIError) -> ([ConversationMessage], String) {
    guard let elements = value.array, !elements.isEmpty else {
      throw .field("messages", found: value.found, expected: "an array of one or more messages")
    }
    var messages: [ConversationMessage] = []
    for (place, element) in elements.enumerated() {
      let message = try Self.message(element, at: "messages[\(place)]")
      let last = messages.last
      if message.role == .system {
        // Several system messages at the start are one.
        guard last == nil || last?.role == .system else {
          throw .field("messages[\(place)].role", found: "system", expected: "user or assistant behind the first")
        }
        if let last {
          messages = [ConversationMessage(role: .system, content: last.content + "\n\n" + message.content)]
          continue
        }
      } else {
        let expected: ConversationMessage.Role = last?.role == .user ? .assistant : .user
        guard message.role == expected else {
          throw .field(
            "messages[\(place)].role", found: message.role.rawValue,
            expected: "\(expected.rawValue): users and assistants take turns")
        }
      }
      messages.append(message)
    }
    guard let last = messages.last, last.role == .user else {
      throw .field(
        "messages", found: "\(messages.last?.role.rawValue ?? "nothing") last", expected: "a user's message last")
    }
    return (messages.dropLast(), last.content)
  }

  private static func message(_ value: JSONValue, at place: String) throws(APIError) -> ConversationMessage {
    guard let object = value.object else { throw .field(place, found: value.found, expected: "an object") }
    let name = object["role"]?.string ?? ""
    guard let role = ConversationMessage.Role(rawValue: name == "developer" ? "system" : name) else {
      throw .field(
        "\(place).role", found: object["role"]?.found ?? "nothing", expected: "system, developer, user or assistant")
    }
    for key in object.keys where !["role", "content", "name", "refusal"].contains(key) {
      let value = object[key] ?? .null
      if value != .null, value != .array([]) { throw .unsupported("\(place).\(key)", "null") }
    }
    guard let content = object["content"] else {
      throw .field("\(place).content", found: "nothing", expected: "a text")
    }
    if let text = content.string { return ConversationMessage(role: role, content: text) }
    guard let parts = content.array else {
      throw .field("\(place).content", found: content.found, expected: "a text, or parts of type text")
    }
    var text = ""
    for (index, part) in parts.enumerated() {
      guard part["type"]?.string == "text", let piece = part["text"]?.string else {
        throw .field(
          "\(place).content[\(index)]", found: part["type"]?.found ?? part.found, expected: "a part of type text")
      }
      text += piece
    }
    return ConversationMessage(role: role, content: text)
  }
}
