/// A value of a JSON text that knows its place, so that whoever asks it for the wrong thing gets a full message.
package struct JSONNode: Sendable {
  /// The kinds of JSON values. Whole numbers that fit an `Int` are kept as such, exactly.
  package enum Value: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([Value])
    /// Members by key.
    case object([Key: Value])
  }

  /// A member's name. Names are compared byte by byte: to a `String`, canonically equivalent texts are equal, and
  /// vocabularies hold tokens that differ only there.
  package struct Key: Hashable, Sendable {
    /// The name.
    package let text: String

    /// The name with this text.
    package init(_ text: String) { self.text = text }

    /// Whether two names have the same bytes.
    package static func == (left: Key, right: Key) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Whether a name stands before another one, by their bytes.
    static func precedes(_ left: Key, _ right: Key) -> Bool {
      var left = left.text, right = right.text
      return left.withUTF8 { left in right.withUTF8 { left.lexicographicallyPrecedes($0) } }
    }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  /// The value itself.
  package let value: Value
  /// The file, for messages.
  package let path: String
  /// The keys that lead to what this stands in, and its own key or number there. They are put together only where a
  /// message needs them: vocabularies have hundreds of thousands of members.
  private let container: String
  private let step: Step

  private enum Step {
    case none
    case key(String)
    case index(Int)
  }

  /// The keys that lead here, for messages.
  package var place: String {
    switch step {
    case .none: container
    case .key(let key): "\(container), \(quoted(key))"
    case .index(let index): "\(container)[\(index)]"
    }
  }

  /// Reads a JSON file.
  /// - Throws: `ModelFileError.unreadable` where there is none, `.malformed` with the byte at which it breaks.
  package init(file path: String) throws(ModelFileError) {
    let file = try MappedFile(path: path)
    let text = file.withBytes(in: 0..<file.count) { Array($0) }
    try self.init(parsing: text, path: path, place: "configuration")
  }

  /// Parses a whole text as strict JSON (RFC 8259).
  /// - Throws: `ModelFileError.malformed` with the byte at which it breaks; a key that stands twice in an object too.
  package init(parsing text: [UInt8], path: String, place: String) throws(ModelFileError) {
    var parser = JSONParser(text, path: path, place: place)
    self.init(value: try parser.document(), path: path, container: place, step: .none)
  }

  private init(value: Value, path: String, container: String, step: Step) {
    self.value = value
    self.path = path
    self.container = container
    self.step = step
  }

  /// The members in the order of their names' bytes, if this is an object.
  package func members() throws(ModelFileError) -> [(key: String, value: JSONNode)] {
    guard case .object(let members) = value else { throw mismatch("an object") }
    let place = place
    return members.sorted { Key.precedes($0.key, $1.key) }.map { key, value in
      (key: key.text, value: JSONNode(value: value, path: path, container: place, step: .key(key.text)))
    }
  }

  /// The member of a name, if this is an object that has it and it is not `null`.
  package func optional(_ key: String) throws(ModelFileError) -> JSONNode? {
    guard case .object(let members) = value else { throw mismatch("an object") }
    guard let value = members[Key(key)] else { return nil }
    if case .null = value { return nil }
    return node(value, key)
  }

  /// The member of a name.
  package func member(_ key: String) throws(ModelFileError) -> JSONNode {
    guard case .object(let members) = value else { throw mismatch("an object") }
    guard let value = members[Key(key)] else {
      throw .malformed(path: path, place: place, found: "no key \(quoted(key))", expected: "it")
    }
    return node(value, key)
  }

  private func node(_ value: Value, _ key: String) -> JSONNode {
    JSONNode(value: value, path: path, container: place, step: .key(key))
  }

  /// The text, if this is one.
  package func string() throws(ModelFileError) -> String {
    guard case .string(let text) = value else { throw mismatch("a text") }
    return text
  }

  /// The number, if this is a whole one.
  package func integer() throws(ModelFileError) -> Int {
    guard case .integer(let number) = value else { throw mismatch("an integer") }
    return number
  }

  /// The numbers, if this is a list of whole ones.
  package func integers() throws(ModelFileError) -> [Int] {
    guard case .array = value else { throw mismatch("a list of integers") }
    var integers: [Int] = []
    for element in try elements() { integers.append(try element.integer()) }
    return integers
  }

  /// The number, whole or not, if this is one.
  package func number() throws(ModelFileError) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw mismatch("a number")
    }
  }

  /// Whether it is true, if this is `true` or `false`.
  package func bool() throws(ModelFileError) -> Bool {
    guard case .bool(let truth) = value else { throw mismatch("true or false") }
    return truth
  }

  /// The elements, if this is a list.
  package func elements() throws(ModelFileError) -> [JSONNode] {
    guard case .array(let values) = value else { throw mismatch("a list") }
    let place = place
    return values.enumerated().map { JSONNode(value: $1, path: path, container: place, step: .index($0)) }
  }

  /// The error that says that another kind of value was expected here.
  package func mismatch(_ expected: String) -> ModelFileError {
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
