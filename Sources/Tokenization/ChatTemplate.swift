import Jinja
package import JSON

/// The form in which a model expects a conversation: a Jinja template, its own or another.
package struct ChatTemplate: Hashable, Sendable {
  /// Where the template comes from: `tokenizer.chat_template`, a name of the built-in ones, or a file's path.
  package let name: String
  /// The Jinja source.
  package let source: String
  /// Whether the template is one of ours: then the tokenizer says whether a conversation begins with the token that
  /// opens a sequence. Other templates write it, or leave it out, themselves.
  package let isBuiltIn: Bool

  /// A template of a model or of a file.
  package init(name: String, source: String) {
    self.init(name: name, source: source, isBuiltIn: false)
  }

  init(name: String, source: String, isBuiltIn: Bool) {
    self.name = name
    self.source = source
    self.isBuiltIn = isBuiltIn
  }

  /// A model's own template; `plain` where it has none.
  package static func own(_ source: String?) -> ChatTemplate {
    guard let source, !source.allSatisfy(\.isWhitespace) else { return .plain }
    return ChatTemplate(name: "tokenizer.chat_template", source: source)
  }

  /// A built-in template by its name; nil for none of this name.
  package init?(builtIn name: String) {
    guard let template = Self.builtIn.first(where: { $0.name == name }) else { return nil }
    self = template
  }

  /// The names of the built-in templates.
  package static var names: [String] { builtIn.map(\.name) }
}

/// What a conversation depends on beside template and messages.
package struct ConversationVariables: Hashable, Sendable {
  /// Whether a model thinks aloud before it answers, as its template's variable has it; nil leaves it to the template.
  package var thinking: Bool?
  /// The day that templates tell which tell one: part of the conversation, so it never is today's by itself. The
  /// usual one is that of Llama 3.1's own template where it knows none.
  private(set) var date = JinjaDate(year: 2024, month: 7, day: 26)

  /// What else the template is given, by name.
  package var others = JSONObject()

  /// The usual day.
  package init(thinking: Bool? = nil) { self.thinking = thinking }

  /// Sets the day.
  package mutating func setDate(year: Int, month: Int, day: Int) {
    date = JinjaDate(year: year, month: month, day: day)
  }
}
