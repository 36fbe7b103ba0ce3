/// What a key of a dictionary is known by: `1`, `1.0` and `True` are one key.
enum JinjaKey: Hashable {
  case none
  /// All that is not there is equal.
  case undefined
  case number(Double)
  case integer(Int)
  case text(JinjaText)
  case tuple([JinjaKey])
  case range(JinjaRange)
  case object(ObjectIdentifier)

  /// How many parts the tuples of a key may have in all: tuples that share parts grow fast.
  private static let most = 1_000

  /// How much of a value there is to go through as a key: the parts of its tuples, and the characters of their texts.
  static func size(of value: JinjaValue) -> Int {
    var left = most
    func size(_ value: JinjaValue) -> Int {
      left -= 1
      switch value {
      case .text(let text): return text.count
      case .tuple(let parts): return parts.prefix(max(0, left)).reduce(1) { left > 0 ? $0 + size($1) : $0 }
      default: return 1
      }
    }
    return size(value)
  }

  /// The key of a value; nil for one that can't be a key.
  init?(_ value: JinjaValue) {
    var left = Self.most
    self.init(value, &left)
  }

  private init?(_ value: JinjaValue, _ left: inout Int) {
    left -= 1
    guard left >= 0 else { return nil }
    switch value {
    case .none: self = .none
    case .undefined: self = .undefined
    case .boolean(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = Int(exactly: value).map(JinjaKey.integer) ?? .number(value)
    case .text(let text): self = .text(text)
    case .tuple(let values):
      var parts: [JinjaKey] = []
      for value in values {
        guard let part = JinjaKey(value, &left) else { return nil }
        parts.append(part)
      }
      self = .tuple(parts)
    case .range(let range): self = .range(range)
    case .object(let object): self = .object(ObjectIdentifier(object))
    case .list, .dictionary: return nil
    }
  }
}
