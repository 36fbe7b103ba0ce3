extension JSONValue {
  /// The value of a strict JSON text (RFC 8259). Beyond the grammar, three things are refused that make two readers
  /// disagree: a key that is repeated within an object, half of a surrogate pair, and a number beyond the range of a
  /// double. Nesting goes to 128 levels at most.
  package init(parsing text: String) throws(JSONSyntaxError) {
    var parser = JSONParser(text)
    self = try parser.document()
  }
}

/// A recursive-descent parser over the text's Unicode scalars.
private struct JSONParser {
  private static let maximumDepth = 128
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    let value = try self.value(expected: "a JSON value")
    skipSpace()
    guard position == scalars.count else { throw error("the end of the text") }
    return value
  }

  private mutating func value(expected: String) throws(JSONSyntaxError) -> JSONValue {
    switch peek {
    case "{": return try nested { parser throws(JSONSyntaxError) in try parser.object() }
    case "[": return try nested { parser throws(JSONSyntaxError) in try parser.array() }
    case "\"": return .string(try string())
    case "t": return try word("true", .boolean(true))
    case "f": return try word("false", .boolean(false))
    case "n": return try word("null", .null)
    case let scalar? where scalar == "-" || Self.isDigit(scalar): return .number(try number())
    default: throw error(expected)
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw error("at most \(Self.maximumDepth) levels of nesting") }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var members: [JSONObject.Member] = []
    var keys: Set<[UInt8]> = []
    skipSpace()
    if take("}") { return .object(JSONObject()) }
    while true {
      skipSpace()
      guard peek == "\"" else {
        throw error(members.isEmpty ? "a key in quotation marks or \"}\"" : "a key in quotation marks")
      }
      let start = position
      let key = try string()
      guard keys.insert(Array(key.utf8)).inserted else {
        throw error("a key that this object does not have yet", found: "\"\(key)\" again", at: start)
      }
      skipSpace()
      guard take(":") else { throw error("\":\"") }
      skipSpace()
      members.append(.init(key: key, value: try value(expected: "a value for \"\(key)\"")))
      skipSpace()
      if take("}") { return .object(JSONObject(members)) }
      guard take(",") else { throw error("\",\" or \"}\"") }
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      skipSpace()
      elements.append(try value(expected: elements.isEmpty ? "a value or \"]\"" : "a value"))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("\",\" or \"]\"") }
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    var text = String.UnicodeScalarView()
    while true {
      guard let scalar = peek else { throw error("the string's closing quotation mark") }
      switch scalar {
      case "\"":
        position += 1
        return String(text)
      case "\\":
        text.append(try escape())
      case _ where scalar.value < 0x20:
        throw error("an escape, since a control character can't stand in a string")
      default:
        text.append(scalar)
        position += 1
      }
    }
  }

  private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let scalar = peek else { throw error("an escape") }
    position += 1
    switch scalar {
    case "\"", "\\", "/": return scalar
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let unit = try codeUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      if UTF16.isLeadSurrogate(UInt16(truncatingIfNeeded: unit)), take("\\"), take("u") {
        let trail = try codeUnit()
        let value = 0x10000 + ((unit & 0x3FF) << 10) + (trail & 0x3FF)
        if UTF16.isTrailSurrogate(UInt16(truncatingIfNeeded: trail)), let scalar = Unicode.Scalar(value) {
          return scalar
        }
      }
      throw error("both halves of a surrogate pair", found: "one half", at: start)
    default:
      throw error("one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u", found: "\\\(scalar)", at: start)
    }
  }

  private mutating func codeUnit() throws(JSONSyntaxError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
        throw error("four hexadecimal digits after \\u")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  private mutating func number() throws(JSONSyntaxError) -> Double {
    let start = position
    _ = take("-")
    if take("0") {
      if let scalar = peek, Self.isDigit(scalar) { throw error("no digit after a leading 0") }
    } else {
      try digits()
    }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start..<position])
    guard let number = Double(String(text)), number.isFinite else {
      throw error("a number of a magnitude below 1.8e308", found: "\(String(text))", at: start)
    }
    return number
  }

  private mutating func digits() throws(JSONSyntaxError) {
    guard let scalar = peek, Self.isDigit(scalar) else { throw error("a digit") }
    while let scalar = peek, Self.isDigit(scalar) { position += 1 }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
    for scalar in word.unicodeScalars {
      guard take(scalar) else { throw error("\"\(word)\"") }
    }
    return value
  }

  private var peek: Unicode.Scalar? {
    position < scalars.count ? scalars[position] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let scalar = peek, scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t" { position += 1 }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private func error(_ expected: String, found: String? = nil, at place: Int? = nil) -> JSONSyntaxError {
    let place = place ?? position
    var line = 1
    var column = 1
    for scalar in scalars[..<place] {
      column += 1
      if scalar == "\n" {
        line += 1
        column = 1
      }
    }
    return JSONSyntaxError(line: line, column: column, found: found ?? name(at: place), expected: expected)
  }

  private func name(at place: Int) -> String {
    guard place < scalars.count else { return "the end of the text" }
    let scalar = scalars[place]
    switch scalar {
    case "\n", "\r": return "the end of the line"
    case _ where scalar.value < 0x20:
      return "the control character U+\(String(scalar.value, radix: 16, uppercase: true))"
    default: return "\"\(scalar)\""
    }
  }
}
