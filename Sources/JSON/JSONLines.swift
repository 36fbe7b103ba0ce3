/// A text with one JSON value a line.
package enum JSONLines {
  /// The rows as one text: a line each in canonical form (RFC 8785), so that equal rows are equal bytes.
  /// - Throws: `EncodingError` for a number that JSON can't hold.
  package static func text(of rows: some Sequence<some Encodable>) throws -> String {
    try rows.reduce(into: "") { $0 += try JSONValue(encoding: $1).canonical + "\n" }
  }

  /// The lines of a text that hold more than white space, with their numbers, counted from 1. A byte-order mark is
  /// passed over, and carriage returns before line feeds are.
  package static func lines(of text: some Collection<UInt8>) -> [(number: Int, bytes: ArraySlice<UInt8>)] {
    var bytes = Array(text)[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .map { (number: $0 + 1, bytes: $1.last == UInt8(ascii: "\r") ? $1.dropLast() : $1) }
      .filter { !$0.bytes.allSatisfy(isSpace) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }
}

extension DecodingError {
  /// The place of what does not fit, as a path of keys and indices; what was found, and what was expected.
  package var explanation: (place: String, found: String, expected: String) {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined().drop { $0 == "." }.description
    }
    switch self {
    case .keyNotFound(let key, let context):
      return (path(context.codingPath + [key]), "nothing", "a value")
    case .valueNotFound(let type, let context):
      return (path(context.codingPath), "null", Self.name(of: type))
    case .typeMismatch(let type, let context):
      return (path(context.codingPath), "a value of another type", Self.name(of: type))
    case .dataCorrupted(let context):
      return (path(context.codingPath), "a value that is not possible (\(context.debugDescription))", "a possible one")
    @unknown default:
      return ("", "\(self)", "a readable value")
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is any FixedWidthInteger.Type: "a whole number"
    case is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    case is [String: Any].Type: "an object"
    default: "a value of type \(type)"
    }
  }
}
