extension JinjaEvaluator {
  /// What a filter makes of a value: `value | name(arguments)`.
  func filter(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    // Few filters are as quick with an element or a character as a step is with a node, and none takes ten times as
    // long.
    try step(1 + value.size / 3 + arguments.size / 8)
    // `map` runs filters that may be `map` again.
    return try deeper {
      let result =
        try textFilter(name, value, arguments) ?? sequenceFilter(name, value, arguments)
        ?? valueFilter(name, value, arguments)
      guard let result else { throw JinjaError.type("No filter named '\(name)'.") }
      try check(nesting: result)
      try check(length: result.size)
      return result
    }
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
      if name == "int" { return try integer(value, arguments) }
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

  private func integer(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("int", ["default", "base"])
    let usual = arguments.value(0, "default") ?? .integer(0)
    let base = arguments.value(1, "base")?.asInteger ?? 10
    if let integer = value.asInteger { return .integer(integer) }
    if case .float(let number) = value { return try Self.integer(number) ?? usual }
    guard let text = value.asText else { return usual }
    if let digits = Self.digits(of: text, base) {
      guard let integer = Int(digits, radix: base) else { throw JinjaError.type("an integer of more than 64 bits") }
      return .integer(integer)
    }
    guard let number = Self.number(in: text), number.isFinite else { return usual }
    return try Self.integer(number) ?? usual
  }

  /// A number without its fraction; nil for what is none.
  private static func integer(_ number: Double) throws -> JinjaValue? {
    if number.isNaN { return nil }
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw JinjaError.type("an integer of more than 64 bits")
    }
    return .integer(integer)
  }

  /// The digits of what Python's `int` reads in a text, with their sign; nil where it reads none.
  private static func digits(of text: JinjaText, _ base: Int) -> String? {
    guard (2...36).contains(base) else { return nil }
    var rest = text.trimmed(where: \.isPythonSpace).scalars[...]
    var sign = ""
    if let first = rest.first, first == "-" || first == "+" {
      sign = first == "-" ? "-" : ""
      rest.removeFirst()
    }
    if let mark: Unicode.Scalar = [16: "x", 8: "o", 2: "b"][base], rest.count > 2, rest.first == "0",
      rest[rest.startIndex + 1].properties.lowercaseMapping == String(Character(mark))
    {
      rest = rest.dropFirst(2)
      if rest.first == "_" { rest.removeFirst() }
    }
    // Single underscores stand between digits.
    let groups = rest.split(separator: "_", omittingEmptySubsequences: false)
    guard groups.allSatisfy({ !$0.isEmpty }) else { return nil }
    var digits = ""
    for scalar in groups.joined() {
      if scalar.isASCII {
        guard Int(String(Character(scalar)), radix: base) != nil else { return nil }
        digits.unicodeScalars.append(scalar)
      } else {
        // Digits of other scripts count too.
        guard scalar.properties.generalCategory == .decimalNumber, let value = scalar.properties.numericValue else {
          return nil
        }
        digits += "\(Int(value))"
      }
    }
    return sign + digits
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
    guard (-300...300).contains(precision) else { throw JinjaError.limit("digits", 300) }
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
