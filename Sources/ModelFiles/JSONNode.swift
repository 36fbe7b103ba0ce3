package import JSON

/// A value of a JSON file that knows its place, so that whoever asks it for the wrong thing gets a full message.
package struct JSONNode: Sendable {
  /// The value itself.
  package var value: JSONElement.Value { element.value }
  private let element: JSONElement
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
    let element: JSONElement
    do {
      element = try JSONElement(parsing: text)
    } catch {
      throw .malformed(
        path: path, place: "\(place), byte \(error.offset) of the JSON", found: error.found, expected: error.expected)
    }
    self.init(element, path: path, container: place, step: .none)
  }

  private init(_ element: JSONElement, path: String, container: String, step: Step) {
    self.element = element
    self.path = path
    self.container = container
    self.step = step
  }

  /// The members in the order of their names' bytes, if this is an object.
  package func members() throws(ModelFileError) -> [(key: String, value: JSONNode)] {
    guard case .object(let members) = value else { throw mismatch("an object") }
    let place = place
    return members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { member in
      (key: member.key, value: JSONNode(member.value, path: path, container: place, step: .key(member.key)))
    }
  }

  /// The member of a name, if this is an object that has it and it is not `null`.
  package func optional(_ key: String) throws(ModelFileError) -> JSONNode? {
    guard let found = try find(key) else { return nil }
    return found.isNull ? nil : found
  }

  /// Whether this is `null`.
  package var isNull: Bool {
    if case .null = value { true } else { false }
  }

  /// Whether this is what a setting has where it is not used: null, false, zero, or nothing.
  package var isUnset: Bool {
    switch value {
    case .null: true
    case .boolean(let truth): !truth
    case .number(let digits): Double(digits) == 0
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    }
  }

  /// The value for a message; whole numbers without a fraction, long lists and objects only by their kind.
  package var text: String {
    switch value {
    case .null: return "null"
    case .boolean(let truth): return "\(truth)"
    case .number(let digits): return Double(digits).flatMap(Int.init(exactly:)).map(String.init) ?? digits
    case .string(let text): return quoted(text)
    case .array(let elements):
      guard elements.count <= 4 else { return "a list of \(elements.count)" }
      let texts = elements.map { JSONNode($0, path: path, container: container, step: step).text }
      return "[\(texts.joined(separator: ", "))]"
    case .object: return "an object"
    }
  }

  /// Whether this is an object that has a member of a name, be it `null`.
  package func has(_ key: String) -> Bool {
    guard case .object(let members) = value else { return false }
    return members.contains { $0.key.utf8.elementsEqual(key.utf8) }
  }

  /// The member of a name.
  package func member(_ key: String) throws(ModelFileError) -> JSONNode {
    guard let found = try find(key) else {
      throw .malformed(path: path, place: place, found: "no key \(quoted(key))", expected: "it")
    }
    return found
  }

  /// The member of a name. Names are compared byte by byte.
  private func find(_ key: String) throws(ModelFileError) -> JSONNode? {
    guard case .object(let members) = value else { throw mismatch("an object") }
    guard let member = members.first(where: { $0.key.utf8.elementsEqual(key.utf8) }) else { return nil }
    return JSONNode(member.value, path: path, container: place, step: .key(key))
  }

  /// The text, if this is one.
  package func string() throws(ModelFileError) -> String {
    guard case .string(let text) = value else { throw mismatch("a text") }
    return text
  }

  /// The number, if this is a whole one.
  package func integer() throws(ModelFileError) -> Int {
    guard case .number(let digits) = value, let number = Int(digits) else { throw mismatch("an integer") }
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
    guard case .number(let digits) = value, let number = Double(digits) else { throw mismatch("a number") }
    return number
  }

  /// Whether it is true, if this is `true` or `false`.
  package func bool() throws(ModelFileError) -> Bool {
    guard case .boolean(let truth) = value else { throw mismatch("true or false") }
    return truth
  }

  /// The elements, if this is a list.
  package func elements() throws(ModelFileError) -> [JSONNode] {
    guard case .array(let values) = value else { throw mismatch("a list") }
    let place = place
    return values.enumerated().map { JSONNode($1, path: path, container: place, step: .index($0)) }
  }

  /// The error that says that another kind of value was expected here.
  package func mismatch(_ expected: String) -> ModelFileError {
    let found =
      switch value {
      case .null: "null"
      case .boolean(let value): "\(value)"
      case .number(let digits): digits
      case .string(let text): "the text \(quoted(text))"
      case .array: "a list"
      case .object: "an object"
      }
    return .malformed(path: path, place: place, found: found, expected: expected)
  }
}
