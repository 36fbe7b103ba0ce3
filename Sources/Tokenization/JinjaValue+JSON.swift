import JSON
import Jinja

extension JinjaValue {
  /// A JSON value as a template has it; whole numbers are integers.
  init(_ value: JSONValue) {
    switch value {
    case .null: self = .none
    case .boolean(let value): self = .boolean(value)
    case .number(let number): self = value.integer.map(JinjaValue.integer) ?? .float(number)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { JinjaValue($0) })
    case .object(let object):
      self = .dictionary(JinjaDictionary(object.members.map { ($0.key, JinjaValue($0.value)) }))
    }
  }
}
