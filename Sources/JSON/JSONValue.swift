/// A JSON document (RFC 8259) as a value. Numbers are IEEE 754 doubles, as RFC 8785 wants them, so whole numbers
/// are exact up to 2⁵³. Two values are equal when their canonical forms are the same bytes: the order of an object's
/// keys does not count, and strings are compared code point by code point, without Unicode normalization.
package enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// A whole number. Exact up to 2⁵³ in magnitude; beyond, the nearest double.
  package static func integer(_ value: Int) -> JSONValue {
    .number(Double(value))
  }

  /// The value as a whole number, or nil when it isn't a number, has a fraction, or exceeds 2⁵³ in magnitude.
  package var integer: Int? {
    guard case .number(let number) = self, abs(number) <= 9_007_199_254_740_992 else { return nil }
    return Int(exactly: number)
  }

  /// The value as a string, or nil when it isn't one.
  package var string: String? {
    guard case .string(let string) = self else { return nil }
    return string
  }

  /// The value as a number, or nil when it isn't one.
  package var number: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  /// The value as an object, or nil when it isn't one.
  package var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }

  /// The value as an array, or nil when it isn't one.
  package var array: [JSONValue]? {
    guard case .array(let array) = self else { return nil }
    return array
  }

  /// The member of this object with the given key; nil when there is none, or when this isn't an object.
  package subscript(key: String) -> JSONValue? {
    object?[key]
  }
}

extension JSONValue: Hashable {
  /// Whether both have the same canonical form.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }

  /// Feeds the canonical form.
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let value): hasher.combine(Array(value.utf8))
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object whose keys stand in the order written; a key that is repeated keeps its last value.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
  package init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
  /// The value of a strict JSON text; see ``JSONElement/init(parsing:firstLine:)``.
  package init(parsing text: String) throws(JSONSyntaxError) {
    self.init(try JSONElement(parsing: text.utf8))
  }

  /// The value of an element, without its place.
  package init(_ element: JSONElement) {
    self =
      switch element.value {
      case .null: .null
      case .boolean(let truth): .boolean(truth)
      // The parser lets no other number through.
      case .number(let digits): .number(Double(digits) ?? 0)
      case .string(let text): .string(text)
      case .array(let elements): .array(elements.map(JSONValue.init))
      case .object(let members):
        .object(JSONObject(members.map { JSONObject.Member(key: $0.key, value: JSONValue($0.value)) }))
      }
  }
}

extension JSONValue: Codable {
  /// Decodes any JSON value. Other decoders than this wing's do not keep the order of an object's keys, which then come
  /// sorted.
  package init(from decoder: any Decoder) throws {
    if let decoder = decoder as? JSONValueDecoder {
      self = decoder.value
      return
    }
    if let keyed = try? decoder.container(keyedBy: JSONCodingKey.self) {
      let members = try keyed.allKeys.map {
        JSONObject.Member(key: $0.stringValue, value: try keyed.decode(JSONValue.self, forKey: $0))
      }
      self = .object(JSONObject(members.sorted { JSONObject.precedes($0.key, $1.key) }))
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else {
      self = .array(try container.decode([JSONValue].self))
    }
  }

  /// Encodes the value as itself.
  package func encode(to encoder: any Encoder) throws {
    if case .object(let object) = self {
      var keyed = encoder.container(keyedBy: JSONCodingKey.self)
      for member in object.members { try keyed.encode(member.value, forKey: JSONCodingKey(member.key)) }
      return
    }
    var container = encoder.singleValueContainer()
    switch self {
    case .null, .object: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    }
  }
}

/// A key or an index on the way to a value.
struct JSONCodingKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: String) {
    stringValue = key
    intValue = nil
  }

  init(index: Int) {
    stringValue = "\(index)"
    intValue = index
  }

  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { self.init(index: intValue) }
}
