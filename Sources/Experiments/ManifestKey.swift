import JSON

/// One key of a section, declared once: how it is read and written out, and what the schema and the documentation say
/// of it.
struct ManifestKey<Section>: Sendable {
  let description: KeyDescription
  /// Takes a value that is written.
  private let take: @Sendable (inout Section, ManifestValue) throws(ManifestError) -> Void
  /// Sets what other keys make of it.
  private let setFallback: (@Sendable (inout Section) -> Void)?
  /// The value; nil where it is left out.
  let write: @Sendable (Section) -> JSONValue?

  var name: String { description.name }

  /// A key of any form.
  init(
    _ description: KeyDescription,
    take: @escaping @Sendable (inout Section, ManifestValue) throws(ManifestError) -> Void,
    setFallback: (@Sendable (inout Section) -> Void)? = nil, write: @escaping @Sendable (Section) -> JSONValue?
  ) {
    self.description = description
    self.take = take
    self.setFallback = setFallback
    self.write = write
  }

  /// Reads the key from its section's object.
  func read(_ section: inout Section, from value: ManifestValue) throws(ManifestError) {
    if value.value != nil || description.isRequired { return try take(&section, value) }
    setFallback?(&section)
  }
}

extension ManifestKey {
  /// A value of the form that the two closures give it.
  private static func key<Value>(
    _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ type: KeyDescription.ValueType,
    isNullable: Bool = false, isRequired: Bool = false, fallback: String? = nil,
    from dependent: (@Sendable (Section) -> Value)? = nil, example: JSONValue, _ meaning: String,
    read: @escaping @Sendable (ManifestValue) throws(ManifestError) -> Value,
    write: @escaping @Sendable (Value) -> JSONValue?
  ) -> ManifestKey {
    var setFallback: (@Sendable (inout Section) -> Void)?
    if let dependent {
      setFallback = { (section: inout Section) in section[keyPath: path] = dependent(section) }
    }
    return ManifestKey(
      KeyDescription(
        name: name, type: type, isNullable: isNullable, isRequired: isRequired, fallback: fallback, example: example,
        meaning: meaning),
      take: { (section: inout Section, value: ManifestValue) throws(ManifestError) in
        section[keyPath: path] = try read(value)
      }, setFallback: setFallback, write: { write($0[keyPath: path]) })
  }

  /// A text that is not empty.
  static func text(
    _ name: String, _ path: any WritableKeyPath<Section, String> & Sendable, isPath: Bool = false,
    isRequired: Bool = false, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, isPath ? .path : .text, isRequired: isRequired, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.text() }, write: { .string($0) })
  }

  /// A text that may be empty.
  static func freeText(
    _ name: String, _ path: any WritableKeyPath<Section, String> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .freeText, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.freeText() }, write: { .string($0) })
  }

  /// A text, or null.
  /// - Parameter isOmitted: Whether nil is left out when the section is written.
  static func optionalText(
    _ name: String, _ path: any WritableKeyPath<Section, String?> & Sendable, isPath: Bool = false,
    isOmitted: Bool = false, fallback: String? = nil, from dependent: (@Sendable (Section) -> String?)? = nil,
    example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, isPath ? .path : .text, isNullable: true, fallback: fallback, from: dependent, example: example,
      meaning, read: { (value) throws(ManifestError) in try value.optionalText() },
      write: { $0.map(JSONValue.string) ?? (isOmitted ? Optional<JSONValue>.none : .null) })
  }

  /// True or false.
  static func boolean(
    _ name: String, _ path: any WritableKeyPath<Section, Bool> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .boolean, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.boolean() }, write: { .boolean($0) })
  }

  /// True or false, or null.
  static func optionalBoolean(
    _ name: String, _ path: any WritableKeyPath<Section, Bool?> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .boolean, isNullable: true, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.optionalBoolean() },
      write: { $0.map(JSONValue.boolean) ?? .null })
  }

  /// A day, as `2024-07-26`.
  static func date(
    _ name: String, _ path: any WritableKeyPath<Section, String> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .date, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.date() }, write: { .string($0) })
  }

  /// A whole number.
  static func integer(
    _ name: String, _ path: any WritableKeyPath<Section, Int> & Sendable, in range: ClosedRange<Int>,
    fallback: String? = nil, from dependent: (@Sendable (Section) -> Int)? = nil, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .integer(range), fallback: fallback, from: dependent, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.integer(in: range) }, write: { .integer($0) })
  }

  /// A whole number, or null.
  static func optionalInteger(
    _ name: String, _ path: any WritableKeyPath<Section, Int?> & Sendable, in range: ClosedRange<Int>,
    fallback: String? = nil, from dependent: (@Sendable (Section) -> Int?)? = nil, example: JSONValue,
    _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .integer(range), isNullable: true, fallback: fallback, from: dependent, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.optionalInteger(in: range) },
      write: { $0.map(JSONValue.integer) ?? .null })
  }

  /// A number.
  static func number(
    _ name: String, _ path: any WritableKeyPath<Section, Double> & Sendable, _ range: ManifestRange,
    fallback: String? = nil, from dependent: (@Sendable (Section) -> Double)? = nil, example: JSONValue,
    _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .number(range), fallback: fallback, from: dependent, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.number(range) }, write: { .number($0) })
  }

  /// A number, or null.
  static func optionalNumber(
    _ name: String, _ path: any WritableKeyPath<Section, Double?> & Sendable, _ range: ManifestRange,
    example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .number(range), isNullable: true, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.optionalNumber(range) },
      write: { $0.map(JSONValue.number) ?? .null })
  }

  /// One of some names.
  /// - Parameter names: What the documentation says in place of a list of them.
  static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Section, Choice> & Sendable, named names: String? = nil,
    isRequired: Bool = false, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .choice(Choice.allCases.map(\.rawValue), named: names), isRequired: isRequired, example: example,
      meaning, read: { (value) throws(ManifestError) in try value.choice() }, write: { .string($0.rawValue) })
  }

  /// One of some names, or null.
  static func optionalChoice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Section, Choice?> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    key(
      name, path, .choice(Choice.allCases.map(\.rawValue), named: nil), isNullable: true, example: example, meaning,
      read: { (value) throws(ManifestError) in try value.optionalChoice() },
      write: { $0.map { .string($0.rawValue) } ?? .null })
  }

  /// A section of its own keys.
  static func section<Inner: ManifestSection>(
    _ name: String, _ path: any WritableKeyPath<Section, Inner> & Sendable, example: JSONValue, _ meaning: String
  ) -> ManifestKey {
    ManifestKey(
      KeyDescription(
        name: name, type: .section(Inner.description), isNullable: false, isRequired: false, fallback: nil,
        example: example, meaning: meaning),
      take: { (section, value) throws(ManifestError) in
        section[keyPath: path] = try Inner(reading: value.value, at: value.place)
      }, write: { $0[keyPath: path].resolved })
  }
}
