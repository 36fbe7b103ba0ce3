/// `tojson` as transformers has it: Python's `json.dumps` without escapes for HTML, other scripts as they are.
struct JSONText {
  private let indent: String?
  private let itemSeparator: String
  private let keySeparator: String
  private let sortsKeys: Bool
  private let escapesAll: Bool
  private let evaluator: JinjaEvaluator
  private var text = JinjaText()

  /// The text of a value.
  static func text(_ value: JinjaValue, _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaText {
    var writer = try JSONText(arguments, evaluator)
    try writer.write(value, level: 0)
    try evaluator.check(making: writer.text.count)
    return writer.text
  }

  private init(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws {
    try arguments.check("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
    self.evaluator = evaluator
    escapesAll = arguments.value(0, "ensure_ascii")?.isTrue ?? false
    switch arguments.value(1, "indent") {
    case nil, .some(.none): indent = nil
    case .some(.text(let text)): indent = text.string
    case .some(let value):
      guard let count = value.asInteger else { throw JinjaError.type("indent must be an integer or a string") }
      try evaluator.check(making: count)
      indent = String(repeating: " ", count: max(0, count))
    }
    if let separators = arguments.value(2, "separators"), !separators.isNone {
      let parts = try evaluator.elements(of: separators)
      guard parts.count == 2, let between = parts[0].asText, let behindKey = parts[1].asText else {
        throw JinjaError.type("separators must be two strings")
      }
      try evaluator.step((between.count + behindKey.count) / 8)
      (itemSeparator, keySeparator) = (between.string, behindKey.string)
    } else {
      (itemSeparator, keySeparator) = (indent == nil ? ", " : ",", ": ")
    }
    sortsKeys = arguments.value(3, "sort_keys")?.isTrue ?? false
  }

  private mutating func add(_ string: String) { text.scalars.append(contentsOf: string.unicodeScalars) }

  private mutating func newline(_ level: Int) throws {
    guard let indent else { return }
    try evaluator.check(making: text.count + indent.unicodeScalars.count * level)
    add("\n" + String(repeating: indent, count: level))
  }

  private mutating func write(_ value: JinjaValue, level: Int) throws {
    try evaluator.step()
    try evaluator.check(length: text.count)
    guard level < evaluator.limits.depth else { throw JinjaError.limit("levels of depth", evaluator.limits.depth) }
    switch value {
    case .none: add("null")
    case .boolean(let value): add(value ? "true" : "false")
    case .integer(let value): add("\(value)")
    case .float(let value): add(Self.number(value))
    case .text(let own): try quote(own)
    case .list(let elements), .tuple(let elements):
      try writeAll(elements.map { (nil, $0) }, "[", "]", level)
    case .dictionary(let members):
      var all = try members.members.map { (try Self.key($0.key), $0.value) }
      if sortsKeys { all.sort { ($0.0.scalars).lexicographicallyPrecedes($1.0.scalars) } }
      try writeAll(all, "{", "}", level)
    case .undefined(let what): throw JinjaError.undefined(what)
    case .range, .object: throw JinjaError.type("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private mutating func writeAll(
    _ members: [(key: JinjaText?, value: JinjaValue)], _ opening: String, _ closing: String, _ level: Int
  ) throws {
    add(opening)
    for (index, member) in members.enumerated() {
      if index > 0 { add(itemSeparator) }
      try newline(level + 1)
      if let key = member.key {
        try quote(key)
        add(keySeparator)
      }
      try write(member.value, level: level + 1)
    }
    if !members.isEmpty { try newline(level) }
    add(closing)
  }

  private static func number(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : JinjaValue.printed(value)
  }

  private static func key(_ key: JinjaValue) throws -> JinjaText {
    switch key {
    case .text(let text): return text
    case .none: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return JinjaText("\(value)")
    case .float(let value): return JinjaText(number(value))
    default:
      throw JinjaError.type("keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private mutating func quote(_ own: JinjaText) throws {
    try evaluator.check(making: text.count + own.count)
    add("\"")
    for scalar in own.scalars {
      switch scalar {
      case "\"": add("\\\"")
      case "\\": add("\\\\")
      case "\n": add("\\n")
      case "\r": add("\\r")
      case "\t": add("\\t")
      case "\u{8}": add("\\b")
      case "\u{C}": add("\\f")
      default:
        if scalar.value < 0x20 || escapesAll && scalar.value > 0x7E {
          for unit in UTF16.encode(scalar) ?? .init() {
            let digits = String(unit, radix: 16)
            add("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
          }
          try evaluator.check(length: text.count)
        } else {
          text.scalars.append(scalar)
        }
      }
    }
    add("\"")
  }
}
