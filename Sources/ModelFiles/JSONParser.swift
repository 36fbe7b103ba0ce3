/// A strict parser of JSON (RFC 8259) whose errors say the byte. Foundation's decoder says of a broken text only that
/// it is broken, and takes the first of two equal keys without a word.
struct JSONParser {
  private let text: [UInt8]
  private let path: String
  private let place: String
  private var index = 0

  /// How deep values may be nested; what we read goes to four.
  private static let maximumNesting = 64

  init(_ text: [UInt8], path: String, place: String) {
    self.text = text
    self.path = path
    self.place = place
  }

  /// The value that the whole text is.
  mutating func document() throws(ModelFileError) -> JSONNode.Value {
    let value = try value(nesting: 0)
    skipSpace()
    guard index == text.count else { throw broken("the end") }
    return value
  }

  private mutating func value(nesting: Int) throws(ModelFileError) -> JSONNode.Value {
    guard nesting <= Self.maximumNesting else { throw broken("at most \(Self.maximumNesting) levels of nesting") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object(nesting: nesting))
    case UInt8(ascii: "["): return .array(try array(nesting: nesting))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(nesting: Int) throws(ModelFileError) -> [JSONNode.Key: JSONNode.Value] {
    var members: [JSONNode.Key: JSONNode.Value] = [:]
    index += 1
    skipSpace()
    if accept("}") { return members }
    repeat {
      skipSpace()
      let start = index
      let text = try string(), key = JSONNode.Key(text)
      guard members[key] == nil else {
        index = start
        throw broken("a key other than \(quoted(text)), which stood here before")
      }
      skipSpace()
      guard accept(":") else { throw broken("a colon") }
      members[key] = try value(nesting: nesting + 1)
      skipSpace()
    } while accept(",")
    guard accept("}") else { throw broken("a comma or a closing brace") }
    return members
  }

  private mutating func array(nesting: Int) throws(ModelFileError) -> [JSONNode.Value] {
    var values: [JSONNode.Value] = []
    index += 1
    skipSpace()
    if accept("]") { return values }
    repeat {
      values.append(try value(nesting: nesting + 1))
      skipSpace()
    } while accept(",")
    guard accept("]") else { throw broken("a comma or a closing bracket") }
    return values
  }

  private mutating func string() throws(ModelFileError) -> String {
    let start = index
    guard accept("\"") else { throw broken("a text in double quotes") }
    var bytes: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw broken("no control character inside a text") }
      if byte == UInt8(ascii: "\\") {
        bytes.append(contentsOf: String(try escape()).utf8)
      } else {
        bytes.append(byte)
        index += 1
      }
    }
    guard accept("\"") else { throw broken("a closing double quote") }
    guard let result = String(validating: bytes, as: UTF8.self) else {
      index = start
      throw broken("a text in UTF-8")
    }
    return result
  }

  private mutating func escape() throws(ModelFileError) -> Unicode.Scalar {
    index += 1
    defer { index += 1 }
    switch next {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw broken("one of the escapes of JSON")
    }
  }

  /// The scalar of `uXXXX`, or of a pair of surrogates `uXXXX\uXXXX`. Leaves the index on the last digit.
  private mutating func unicodeEscape() throws(ModelFileError) -> Unicode.Scalar {
    let first = try fourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    index += 1
    guard first < 0xDC00, accept("\\"), next == UInt8(ascii: "u") else { throw broken("a pair of surrogates") }
    let second = try fourDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw broken("a pair of surrogates") }
    return scalar
  }

  /// The value of the four hexadecimal digits after the index, which ends on the last of them.
  private mutating func fourDigits() throws(ModelFileError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      index += 1
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw broken("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private mutating func number() throws(ModelFileError) -> JSONNode.Value {
    let start = index
    _ = accept("-")
    if !accept("0") { try digits() }
    var isWhole = true
    if accept(".") {
      isWhole = false
      try digits()
    }
    if accept("e") || accept("E") {
      isWhole = false
      _ = accept("+") || accept("-")
      try digits()
    }
    let literal = String(decoding: text[start..<index], as: UTF8.self)
    if isWhole, let integer = Int(literal) { return .integer(integer) }
    guard let number = Double(literal), number.isFinite else {
      index = start
      throw broken("a number of ordinary size")
    }
    return .number(number)
  }

  private mutating func digits() throws(ModelFileError) {
    let start = index
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
    guard index > start else { throw broken(start == 0 ? "a value" : "a value or a digit") }
  }

  private mutating func word(_ word: String, _ value: JSONNode.Value) throws(ModelFileError) -> JSONNode.Value {
    guard text[index...].starts(with: word.utf8) else { throw broken(word) }
    index += word.utf8.count
    return value
  }

  // MARK: - Single bytes

  private var next: UInt8? { index < text.count ? text[index] : nil }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard let next, UInt32(next) == character.value else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { index += 1 }
  }

  private func broken(_ expected: String) -> ModelFileError {
    let found = next.map { $0 < 0x80 ? quoted(String(Unicode.Scalar($0))) : "the byte \($0)" } ?? "the end"
    return .malformed(path: path, place: "\(place), byte \(index) of the JSON", found: found, expected: expected)
  }
}
