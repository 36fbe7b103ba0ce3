import JSON
import Jinja

/// What makes a text of a conversation: our Jinja, or the library that a model's own template was made for.
enum TemplateProgram: Sendable {
  case ours(JinjaTemplate)
  case own(any OwnTokenizer, source: String)

  /// A template for our Jinja.
  init(_ source: String) throws(JinjaError) { self = .ours(try JinjaTemplate(source)) }

  /// The text.
  /// - Parameters:
  ///   - variables: What the template can name beside the messages.
  ///   - date: The time that it is told.
  func text(
    of messages: [JSONValue], variables: [(String, JSONValue)], date: JinjaDate
  ) throws(JinjaError) -> String {
    switch self {
    case .ours(let template):
      let values = variables.map { ($0.0, JinjaValue($0.1)) }
      return try template.render([("messages", .list(messages.map { JinjaValue($0) }))] + values, now: date)
    case .own(let own, let source):
      do {
        return try own.render(
          source, messages: messages, variables: JSONObject(variables.map { .init(key: $0.0, value: $0.1) }),
          day: (date.year, date.month, date.day))
      } catch {
        throw .raised(error.problem)
      }
    }
  }
}
