/// What a key of a dictionary is known by: `1`, `1.0` and `True` are one key.
enum JinjaKey: Hashable {
  case none
  case number(Double)
  case integer(Int)
  case text(JinjaText)
  case tuple([JinjaKey])

  /// The key of a value; nil for one that can't be a key.
  init?(_ value: JinjaValue) {
    switch value {
    case .none: self = .none
    case .boolean(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = Int(exactly: value).map(JinjaKey.integer) ?? .number(value)
    case .text(let text): self = .text(text)
    case .tuple(let values):
      var parts: [JinjaKey] = []
      for value in values {
        guard let part = JinjaKey(value) else { return nil }
        parts.append(part)
      }
      self = .tuple(parts)
    case .undefined, .list, .dictionary, .range, .object: return nil
    }
  }
}
