extension JinjaEvaluator {
  /// What a filter makes of a value: `value | name(arguments)`.
  func filter(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    if let result = try textFilter(name, value, arguments) { return result }
    if let result = try sequenceFilter(name, value, arguments) { return result }
    if let result = try valueFilter(name, value, arguments) { return result }
    throw JinjaError.type("No filter named '\(name)'.")
  }

  /// The names of all filters, those of Jinja2 that give no number of chance, no markup and no address.
  static let filters: Set<String> = [
    "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape",
    "filesizeformat", "first", "float", "forceescape", "format", "groupby", "indent", "int", "items", "join", "last",
    "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "safe",
    "select", "selectattr", "slice", "sort", "string", "sum", "title", "tojson", "trim", "truncate", "unique", "upper",
    "wordcount",
  ]

  private func valueFilter(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments
  ) throws -> JinjaValue? {
    switch name {
    case "default", "d":
      try arguments.check(name, ["default_value", "boolean"])
      let usual = arguments.value(0, "default_value") ?? .text("")
      let isMissing = arguments.value(1, "boolean")?.isTrue ?? false ? !value.isTrue : value.isUndefined
      return isMissing ? usual : value
    case "abs":
      if case .undefined(let what) = value { throw JinjaError.undefined(what) }
      if let integer = value.asInteger {
        guard integer != .min else { throw JinjaError.type("an integer of more than 64 bits") }
        return .integer(abs(integer))
      }
      guard let number = value.asDouble else {
        throw JinjaError.type("bad operand type for abs(): '\(value.typeName)'")
      }
      return .float(abs(number))
    case "int", "float":
      if case .undefined(let what) = value { throw JinjaError.undefined(what) }
      if name == "int" { return integer(value, arguments) }
      if let number = value.asDouble { return .float(number) }
      return value.asText.flatMap { Self.number(in: $0) }.map(JinjaValue.float) ?? arguments.value(0, "default")
        ?? .float(0)
    case "round": return try rounded(value, arguments)
    case "attr":
      guard let attribute = arguments.value(0, "name")?.asText else { throw JinjaError.type("attr() needs a name") }
      if case .dictionary = value {
        return method(attribute.string, of: value) ?? .undefined("'dict object' has no attribute '\(attribute.string)'")
      }
      return try self.attribute(attribute.string, of: value)
    case "tojson": return .text(try JSONText.text(value, arguments, self))
    case "filesizeformat": return .string(try fileSize(value, arguments))
    default: return nil
    }
  }

  private func integer(_ value: JinjaValue, _ arguments: JinjaArguments) -> JinjaValue {
    let usual = arguments.value(0, "default") ?? .integer(0)
    let base = arguments.value(1, "base")?.asInteger ?? 10
    if let integer = value.asInteger { return .integer(integer) }
    if case .float(let number) = value {
      return Int(exactly: number.rounded(.towardZero)).map(JinjaValue.integer) ?? usual
    }
    guard let text = value.asText else { return usual }
    var digits = text.trimmed(where: \.isPythonSpace).string.replacing("_", with: "")
    if (2...36).contains(base) {
      let isNegative = digits.hasPrefix("-")
      if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
      if let mark = [16: "0x", 8: "0o", 2: "0b"][base], digits.lowercased().hasPrefix(mark) { digits.removeFirst(2) }
      if let first = digits.first, first != "-", first != "+",
        let integer = Int((isNegative ? "-" : "") + digits, radix: base)
      {
        return .integer(integer)
      }
    }
    return Self.number(in: text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(JinjaValue.integer) ?? usual
  }

  /// The number that Python's `float` reads in a text; nil for none.
  static func number(in text: JinjaText) -> Double? {
    let written = text.trimmed(where: \.isPythonSpace).string.lowercased()
    switch written {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan", "+nan", "-nan": return .nan
    default:
      guard let first = written.last, !written.contains("x"), first != "_", !written.hasPrefix("_") else { return nil }
      var digits = written.replacing("_", with: "")
      if digits.hasSuffix(".") { digits += "0" }
      digits = digits.replacing(".e", with: ".0e")
      return Double(digits)
    }
  }

  private func rounded(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("round", ["precision", "method"])
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    guard let number = value.asDouble else {
      throw JinjaError.type("type \(value.typeName) doesn't define __round__ method")
    }
    let precision = arguments.value(0, "precision")?.asInteger ?? 0
    guard abs(precision) <= 300 else { throw JinjaError.limit("digits", 300) }
    let method = arguments.value(1, "method")?.asText?.string ?? "common"
    switch method {
    case "common":
      if value.asInteger != nil, precision >= 0 { return value.asInteger.map(JinjaValue.integer) ?? value }
      guard number.isFinite else { return .float(number) }
      let shift = Self.power(of: 10, abs(precision))
      if precision < 0 {
        let result = (number / shift).rounded(.toNearestOrEven) * shift
        return value.asInteger != nil ? Int(exactly: result).map(JinjaValue.integer) ?? value : .float(result)
      }
      // Python rounds the decimal that the number is, not the product.
      return .float(Double(PercentFormat.fixed(number, digits: precision)) ?? number)
    case "ceil", "floor":
      let shift = Self.power(of: 10, precision)
      let product = number * shift
      return .float(product.rounded(method == "ceil" ? .up : .down) / shift)
    default: throw JinjaError.type("method must be common, ceil or floor")
    }
  }

  private static func power(of base: Double, _ exponent: Int) -> Double {
    let product = (0..<abs(exponent)).reduce(1.0) { result, _ in result * base }
    return exponent < 0 ? 1 / product : product
  }

  private func fileSize(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> String {
    guard let bytes = value.asDouble ?? value.asText.flatMap({ Self.number(in: $0) }) else {
      throw JinjaError.type("could not convert '\(value.typeName)' to float")
    }
    let isBinary = arguments.value(0, "binary")?.isTrue ?? false
    let base: Double = isBinary ? 1024 : 1000
    let units =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
      : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    if bytes == 1 { return "1 Byte" }
    if bytes < base { return "\(Int(exactly: bytes.rounded(.towardZero)) ?? 0) Bytes" }
    var size = bytes / base, unit = 0
    while size >= base, unit < units.count - 1 {
      size /= base
      unit += 1
    }
    return "\(PercentFormat.fixed(size, digits: 1)) \(units[unit])"
  }
}
