import JSON
import Jinja

/// What a template makes of a conversation, cut at the messages' contents.
struct RenderedConversation: Sendable {
  /// A message: its role, and its content; nil for one that is filled in later.
  struct Message: Sendable {
    var role: String
    var content: String?

    static func system(_ content: String?) -> Message { Message(role: "system", content: content) }
    static func user(_ content: String?) -> Message { Message(role: "user", content: content) }
    static func assistant(_ content: String?) -> Message { Message(role: "assistant", content: content) }
  }

  /// A part of the text.
  enum Part: Hashable, Sendable {
    /// The template's own text.
    case template(String)
    /// The content of the message of a place, from which the template may take the white space at its ends.
    case content(Int, Trimming)
  }

  /// The parts, in order.
  let parts: [Part]

  /// The places of the contents, in the text's order.
  var contents: [Int] {
    parts.compactMap { part in
      if case .content(let place, _) = part { place } else { nil }
    }
  }

  /// Runs a template. In the place of contents stand marks that nothing else contains, so that what the template puts
  /// around them is told from them; an empty content is given as it is, since templates look whether there is any.
  /// - Parameter contentIsList: Whether contents are given as lists of parts, as templates for pictures want them.
  /// - Throws: `JinjaError`, also where the template itself refuses the messages.
  init(
    _ messages: [Message], template: TemplateProgram, variables: [(String, JSONValue)], date: JinjaDate,
    contentIsList: Bool = false
  ) throws(JinjaError) {
    func rendered(_ around: String) throws(JinjaError) -> String {
      let values = messages.enumerated().map { place, message -> JSONValue in
        let content = message.content == "" ? "" : around + Self.mark(place) + around
        let value: JSONValue =
          contentIsList ? [["type": .string("text"), "text": .string(content)]] : .string(content)
        return ["role": .string(message.role), "content": value]
      }
      return try template.text(of: values, variables: variables, date: date)
    }
    let text = try rendered("")
    let marks = messages.indices.map(Self.mark)
    let bare = Self.cut(text, at: marks)
    // The same with white space around the contents tells whether the template leaves it there.
    let spaced = (try? rendered(" \n ")).map { Self.cut($0, at: marks) } ?? []
    parts = bare.map { part in
      guard case .content(let place, _) = part, let found = spaced.firstIndex(of: part) else { return part }
      func text(_ index: Int) -> String {
        guard spaced.indices.contains(index), case .template(let text) = spaced[index] else { return "" }
        return text
      }
      return .content(
        place, Trimming(start: !text(found - 1).hasSuffix(" \n "), end: !text(found + 1).hasPrefix(" \n ")))
    }
  }

  private static func mark(_ place: Int) -> String { "qZx0Vw\(place)wV0xZq" }

  private static func cut(_ text: String, at marks: [String]) -> [Part] {
    var parts: [Part] = []
    var rest = text[...]
    while true {
      let next = marks.enumerated().compactMap { place, mark in rest.firstRange(of: mark).map { (place, $0) } }
        .min { $0.1.lowerBound < $1.1.lowerBound }
      guard let (place, range) = next else { break }
      if range.lowerBound > rest.startIndex { parts.append(.template(String(rest[..<range.lowerBound]))) }
      parts.append(.content(place, Trimming()))
      rest = rest[range.upperBound...]
    }
    if !rest.isEmpty { parts.append(.template(String(rest))) }
    return parts
  }
}
