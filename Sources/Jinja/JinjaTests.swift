extension JinjaEvaluator {
  /// Whether a value passes a test: `value is name(arguments)`.
  func test(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> Bool {
    try step(arguments.size / 8)
    if let sign = Self.comparisons[name] {
      guard let other = arguments.positional.first else { throw JinjaError.type("the test '\(name)' needs a value") }
      return try compare(sign, value, other)
    }
    func remainder(_ divisor: JinjaValue) throws -> JinjaValue {
      try Arithmetic.result("%", value, divisor, self)
    }
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return value.isNone
    case "boolean": if case .boolean = value { return true } else { return false }
    case "true": if case .boolean(true) = value { return true } else { return false }
    case "false": if case .boolean(false) = value { return true } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .float = value { return true } else { return false }
    case "number": return value.asDouble != nil
    case "string": return value.asText != nil
    case "mapping": if case .dictionary = value { return true } else { return false }
    case "sequence":
      switch value {
      case .text, .list, .tuple, .dictionary, .range, .undefined: return true
      default: return false
      }
    case "iterable":
      switch value {
      case .object(let object):
        return object is JinjaGenerator || object is JinjaView || object is JinjaGroup || object is JinjaLoop
      case .text, .list, .tuple, .dictionary, .range, .undefined: return true
      default: return false
      }
    case "callable":
      if case .object(let object) = value { return object.isCallable }
      return value.isUndefined
    case "odd": return try remainder(.integer(2)).isEqual(to: .integer(1), self)
    case "even": return try remainder(.integer(2)).isEqual(to: .integer(0), self)
    case "divisibleby":
      guard let divisor = arguments.value(0, "num") else { throw JinjaError.type("divisibleby needs a number") }
      return try remainder(divisor).isEqual(to: .integer(0), self)
    case "lower":
      let text = try value.printed(self)
      try step(text.count / 3)
      return text.lowercased == text && text.scalars.contains { $0.properties.isCased }
    case "upper":
      let text = try value.printed(self)
      try step(text.count / 3)
      return text.uppercased == text && text.scalars.contains { $0.properties.isCased }
    case "sameas":
      guard let other = arguments.value(0, "other") else { throw JinjaError.type("sameas needs a value") }
      return try value.typeName == other.typeName && value.isEqual(to: other, self)
    case "escaped": return false
    case "filter", "test":
      guard JinjaKey(value) != nil else {
        throw JinjaError.type("unhashable type: '\(value.typeName)'")
      }
      return (name == "filter" ? Self.filters : Self.tests).contains(value.asText?.string ?? "")
    default: throw JinjaError.type("No test named '\(name)'.")
    }
  }

  private static let comparisons = [
    "==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", ">": ">", "gt": ">", "greaterthan": ">",
    ">=": ">=", "ge": ">=", "<": "<", "lt": "<", "lessthan": "<", "<=": "<=", "le": "<=", "in": "in",
  ]

  /// The names of all tests.
  static let tests = Set(comparisons.keys).union([
    "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping",
    "sequence", "iterable", "callable", "odd", "even", "divisibleby", "lower", "upper", "sameas", "escaped", "filter",
    "test",
  ])
}
