extension JSONValue {
  /// The value in a few words, for error messages: short values as written, long ones by kind.
  package var summary: String {
    switch self {
    case .null, .boolean: return canonical
    case .number(let number): return number.isFinite ? canonical : "a number that is not finite"
    case .string(let string):
      return string.unicodeScalars.count <= 60 ? canonical : "a string of \(string.unicodeScalars.count) characters"
    case .array(let elements):
      return elements.isEmpty ? "an empty list" : "a list of \(elements.count)"
    case .object(let object): return object.members.isEmpty ? "an empty object" : "an object"
    }
  }
}
