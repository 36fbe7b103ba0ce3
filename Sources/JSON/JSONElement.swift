/// A value of a JSON text that knows the line it begins on. Nothing of the text is lost: members keep their order, and
/// numbers their digits.
package struct JSONElement: Sendable {
  /// The kinds of values.
  package enum Value: Sendable {
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number, as it is written; its magnitude is below that of an infinite double.
    case number(String)
    case string(String)
    case array([JSONElement])
    /// The members of an object, in the order written, no two with the same key.
    case object([Member])
  }

  /// One member of an object.
  package struct Member: Sendable {
    package var key: String
    package var value: JSONElement

    package init(key: String, value: JSONElement) {
      self.key = key
      self.value = value
    }
  }

  package var value: Value
  /// The line that it begins on, counted from 1.
  package var line: Int

  /// A value on a line.
  package init(_ value: Value, line: Int) {
    self.value = value
    self.line = line
  }

  /// The value of a strict JSON text (RFC 8259) in UTF-8. Beyond the grammar, three things are refused that make two
  /// readers disagree: a key that is repeated within an object (keys are compared by their bytes), half of a surrogate
  /// pair, and a number beyond the range of a double. Nesting goes to 128 levels at most.
  /// - Parameter firstLine: The number of the text's first line, where it is a part of a file.
  package init(parsing text: some Sequence<UInt8>, firstLine: Int = 1) throws(JSONSyntaxError) {
    var parser = JSONParser(Array(text), firstLine: firstLine)
    self = try parser.document()
  }

  /// What the value is, for messages.
  package var kind: String {
    switch value {
    case .null: "null"
    case .boolean(let truth): "\(truth)"
    case .number(let digits): "the number \(digits)"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A key that is compared by its bytes: to a `String`, canonically equivalent texts are equal, and vocabularies hold
/// tokens that differ only there.
package struct JSONKey: Hashable, Sendable {
  /// The key.
  package let text: String

  /// The key with this text.
  package init(_ text: String) { self.text = text }

  /// Whether two keys have the same bytes.
  package static func == (left: JSONKey, right: JSONKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  /// Hashes the bytes.
  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
