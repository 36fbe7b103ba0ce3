/// A value of a JSON text that knows its place, so that whoever asks it for the wrong thing gets a full message.
struct JSONNode {
  /// The kinds of JSON values. Whole numbers that fit an `Int` are kept as such, exactly.
  enum Value {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])
  }

  let value: Value
  /// The file, for messages.
  let path: String
  /// The keys that lead here, for messages.
  let place: String

  /// Parses a whole text as strict JSON (RFC 8259).
  /// - Throws: `ModelFileError.malformed` with the byte at which it breaks; a key that stands twice in an object too.
  init(parsing text: [UInt8], path: String, place: String) throws(ModelFileError) {
    var parser = JSONParser(text, path: path, place: place)
    self.init(value: try parser.document(), path: path, place: place)
  }

  private init(value: Value, path: String, place: String) {
    self.value = value
    self.path = path
    self.place = place
  }

  /// The members, if this is an object.
  func members() throws(ModelFileError) -> [String: JSONNode] {
    guard case .object(let members) = value else { throw mismatch("an object") }
    var nodes: [String: JSONNode] = [:]
    for (key, value) in members {
      nodes[key] = JSONNode(value: value, path: path, place: "\(place), \(quoted(key))")
    }
    return nodes
  }

  /// The member of a name, if this is an object that has it and it is not `null`.
  func optional(_ key: String) throws(ModelFileError) -> JSONNode? {
    guard let node = try members()[key] else { return nil }
    if case .null = node.value { return nil }
    return node
  }

  /// The member of a name.
  func member(_ key: String) throws(ModelFileError) -> JSONNode {
    guard let node = try members()[key] else {
      throw .malformed(path: path, place: place, found: "no key \(quoted(key))", expected: "it")
    }
    return node
  }

  /// The text, if this is one.
  func string() throws(ModelFileError) -> String {
    guard case .string(let text) = value else { throw mismatch("a text") }
    return text
  }

  /// The number, if this is a whole one.
  func integer() throws(ModelFileError) -> Int {
    guard case .integer(let number) = value else { throw mismatch("an integer") }
    return number
  }

  /// The numbers, if this is a list of whole ones.
  func integers() throws(ModelFileError) -> [Int] {
    guard case .array(let values) = value else { throw mismatch("a list of integers") }
    var integers: [Int] = []
    for (index, value) in values.enumerated() {
      integers.append(try JSONNode(value: value, path: path, place: "\(place)[\(index)]").integer())
    }
    return integers
  }

  private func mismatch(_ expected: String) -> ModelFileError {
    let found =
      switch value {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .string(let text): "the text \(quoted(text))"
      case .array: "a list"
      case .object: "an object"
      }
    return .malformed(path: path, place: place, found: found, expected: expected)
  }
}
