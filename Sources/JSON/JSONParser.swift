/// A recursive-descent parser over the bytes of a text.
struct JSONParser {
  private static let maximumDepth = 128
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var line: Int
  private let firstLine: Int

  init(_ bytes: [UInt8], firstLine: Int) {
    self.bytes = bytes
    line = firstLine
    self.firstLine = firstLine
  }

  mutating func document() throws(JSONSyntaxError) -> JSONElement {
    skipSpace()
    let value = try self.value(expected: "a JSON value")
    skipSpace()
    guard position == bytes.count else { throw error("the end of the text") }
    return value
  }

  private mutating func value(expected: @autoclosure () -> String) throws(JSONSyntaxError) -> JSONElement {
    let line = line
    switch peek {
    case UInt8(ascii: "{"): return JSONElement(.object(try object()), line: line)
    case UInt8(ascii: "["): return JSONElement(.array(try array()), line: line)
    case UInt8(ascii: "\""): return JSONElement(.string(try string()), line: line)
    case UInt8(ascii: "t"): return JSONElement(try word("true", .boolean(true)), line: line)
    case UInt8(ascii: "f"): return JSONElement(try word("false", .boolean(false)), line: line)
    case UInt8(ascii: "n"): return JSONElement(try word("null", .null), line: line)
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte):
      return JSONElement(.number(try number()), line: line)
    default: throw error(expected())
    }
  }

  private mutating func enter() throws(JSONSyntaxError) {
    guard depth < Self.maximumDepth else { throw error("at most \(Self.maximumDepth) levels of nesting") }
    depth += 1
    position += 1
    skipSpace()
  }

  private mutating func object() throws(JSONSyntaxError) -> [JSONElement.Member] {
    try enter()
    defer { depth -= 1 }
    var members: [JSONElement.Member] = []
    var keys = DistinctKeys()
    if take("}") { return [] }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else {
        throw error(members.isEmpty ? "a key in quotation marks or \"}\"" : "a key in quotation marks")
      }
      let start = position
      let key = try string()
      guard keys.insert(key, among: members) else {
        throw error("a key that this object does not have yet", found: "\"\(key)\" again", at: start)
      }
      skipSpace()
      guard take(":") else { throw error("\":\"") }
      skipSpace()
      members.append(.init(key: key, value: try value(expected: "a value for \"\(key)\"")))
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw error("\",\" or \"}\"") }
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> [JSONElement] {
    try enter()
    defer { depth -= 1 }
    var elements: [JSONElement] = []
    if take("]") { return [] }
    while true {
      skipSpace()
      elements.append(try value(expected: elements.isEmpty ? "a value or \"]\"" : "a value"))
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw error("\",\" or \"]\"") }
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    // Runs of plain bytes are taken at once.
    var run = position
    while true {
      guard let byte = peek else { throw error("the string's closing quotation mark") }
      switch byte {
      case UInt8(ascii: "\""):
        content += bytes[run..<position]
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw error("a text in UTF-8", found: "bytes that are not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        content += bytes[run..<position]
        content += String(try escape()).utf8
        run = position
      case _ where byte < 0x20:
        throw error("an escape, since a control character can't stand in a string")
      default: position += 1
      }
    }
  }

  private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let byte = peek else { throw error("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
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
      throw error(
        "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u", found: "\\\(character(at: start + 1))", at: start)
    }
  }

  private mutating func codeUnit() throws(JSONSyntaxError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hexadecimal digits after \\u")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = position
    var isShort = true
    _ = take("-")
    if take("0") {
      if let byte = peek, Self.isDigit(byte) { throw error("no digit after a leading 0") }
    } else {
      try digits()
    }
    if take(".") { try digits() }
    if take("e") || take("E") {
      isShort = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // Without an exponent a number has to be very long to be too large.
    if isShort, position - start <= 300 { return text }
    guard let number = Double(text), number.isFinite else {
      throw error("a number of a magnitude below 1.8e308", found: text, at: start)
    }
    return text
  }

  private mutating func digits() throws(JSONSyntaxError) {
    guard let byte = peek, Self.isDigit(byte) else { throw error("a digit") }
    while let byte = peek, Self.isDigit(byte) { position += 1 }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONElement.Value
  ) throws(JSONSyntaxError) -> JSONElement.Value {
    let letters = word.withUTF8Buffer { Array($0) }
    for letter in letters {
      guard peek == letter else { throw error("\"\(word)\"") }
      position += 1
    }
    return value
  }

  // MARK: Single bytes

  private var peek: UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      if byte == 0x0A { line += 1 }
      position += 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  // MARK: Errors

  private func error(_ expected: String, found: String? = nil, at place: Int? = nil) -> JSONSyntaxError {
    let place = place ?? position
    var line = firstLine
    var column = 1
    for byte in bytes[..<place] {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return JSONSyntaxError(
      line: line, column: column, offset: place, found: found ?? name(at: place),
      excerpt: found == nil && place < bytes.count ? "\"\(excerpt(at: place))\"" : nil, expected: expected)
  }

  private func name(at place: Int) -> String {
    guard place < bytes.count else { return "the end of the text" }
    switch bytes[place] {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return "the end of the line"
    case let byte where byte < 0x20: return "the control character U+\(String(byte, radix: 16, uppercase: true))"
    default: return "\"\(character(at: place))\""
    }
  }

  /// The character that begins at a place; U+FFFD for what is none.
  private func character(at place: Int) -> Unicode.Scalar {
    guard place < bytes.count else { return "\u{FFFD}" }
    return String(decoding: bytes[place..<min(place + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
      ?? "\u{FFFD}"
  }

  private func excerpt(at place: Int) -> Substring {
    String(decoding: bytes[place..<min(place + 12, bytes.count)], as: UTF8.self).prefix(8)
  }
}

/// The keys of one object. A few are compared one by one; hashing pays for many alone.
private struct DistinctKeys {
  private var keys: Set<JSONKey> = []
  private static let few = 16

  /// Whether a key is new among the members so far.
  mutating func insert(_ key: String, among members: [JSONElement.Member]) -> Bool {
    if members.count < Self.few { return !members.contains { $0.key.utf8.elementsEqual(key.utf8) } }
    if members.count == Self.few { keys = Set(members.map { JSONKey($0.key) }) }
    return keys.insert(JSONKey(key)).inserted
  }
}
