import Foundation

extension JSONValue {
  /// The value that something encodes itself as. Dates become texts as in ISO 8601; members that are nil are left out,
  /// as the standard library has it.
  /// - Throws: `EncodingError` for a number that JSON can't hold: one that is not finite, or a whole one beyond 2⁵³.
  package init(encoding value: some Encodable) throws {
    self = try JSONValueEncoder.encode(value, at: [])
  }
}

/// An encoder whose result is a ``JSONValue``. A class, since encoders are passed on and filled.
final class JSONValueEncoder: Encoder {
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// What was encoded: one value, or the parts of a container.
  private enum Content {
    case nothing
    case value(JSONValue)
    case keyed(KeyedStorage)
    case list(ListStorage)
  }
  private var content = Content.nothing

  init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

  /// What was encoded; an object without members where nothing was.
  var result: JSONValue {
    get throws {
      switch content {
      case .nothing: .object(JSONObject())
      case .value(let value): value
      case .keyed(let storage): try storage.result
      case .list(let storage): try storage.result
      }
    }
  }

  static func encode(_ value: some Encodable, at path: [any CodingKey]) throws -> JSONValue {
    switch value {
    case let value as JSONValue: return value
    case let date as Date: return .string(date.formatted(.iso8601))
    default:
      let encoder = JSONValueEncoder(codingPath: path)
      try value.encode(to: encoder)
      return try encoder.result
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Keyed<Key>(storage: keyedStorage(), codingPath: codingPath))
  }

  /// The storage of the members; containers of one encoder share it.
  fileprivate func keyedStorage() -> KeyedStorage {
    if case .keyed(let storage) = content { return storage }
    let storage = KeyedStorage()
    content = .keyed(storage)
    return storage
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { List(storage: listStorage(), codingPath: codingPath) }

  fileprivate func listStorage() -> ListStorage {
    if case .list(let storage) = content { return storage }
    let storage = ListStorage()
    content = .list(storage)
    return storage
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self, codingPath: codingPath) }

  /// A number that is finite.
  fileprivate static func number(_ value: Double, at path: [any CodingKey]) throws -> JSONValue {
    guard value.isFinite else {
      throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "JSON has no such number"))
    }
    return .number(value)
  }

  /// A whole number that a double holds exactly.
  fileprivate static func integer(_ value: some BinaryInteger, at path: [any CodingKey]) throws -> JSONValue {
    guard value.magnitude <= 9_007_199_254_740_992 else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: path, debugDescription: "a double does not hold this number exactly"))
    }
    return .number(Double(value))
  }

  // MARK: Containers

  fileprivate final class KeyedStorage {
    enum Part {
      case value(JSONValue)
      case encoder(JSONValueEncoder)
    }
    var parts: [(key: String, part: Part)] = []

    var result: JSONValue {
      get throws {
        .object(
          JSONObject(
            try parts.map { key, part in
              switch part {
              case .value(let value): .init(key: key, value: value)
              case .encoder(let encoder): .init(key: key, value: try encoder.result)
              }
            }))
      }
    }
  }

  fileprivate final class ListStorage {
    var parts: [KeyedStorage.Part] = []

    var result: JSONValue {
      get throws {
        .array(
          try parts.map { part in
            switch part {
            case .value(let value): value
            case .encoder(let encoder): try encoder.result
            }
          })
      }
    }
  }

  private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let storage: KeyedStorage
    let codingPath: [any CodingKey]

    private func add(_ value: JSONValue, _ key: Key) { storage.parts.append((key.stringValue, .value(value))) }

    mutating func encodeNil(forKey key: Key) { add(.null, key) }
    mutating func encode(_ value: Bool, forKey key: Key) { add(.boolean(value), key) }
    mutating func encode(_ value: String, forKey key: Key) { add(.string(value), key) }
    mutating func encode(_ value: Double, forKey key: Key) throws {
      add(try JSONValueEncoder.number(value, at: codingPath + [key]), key)
    }
    mutating func encode(_ value: Int, forKey key: Key) throws {
      add(try JSONValueEncoder.integer(value, at: codingPath + [key]), key)
    }
    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
      add(try JSONValueEncoder.encode(value, at: codingPath + [key]), key)
    }

    private func nested(_ key: any CodingKey) -> JSONValueEncoder {
      let encoder = JSONValueEncoder(codingPath: codingPath + [key])
      storage.parts.append((key.stringValue, .encoder(encoder)))
      return encoder
    }
    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { nested(key).container(keyedBy: type) }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      nested(key).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { nested(JSONCodingKey("super")) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
  }

  private struct List: UnkeyedEncodingContainer {
    let storage: ListStorage
    let codingPath: [any CodingKey]
    var count: Int { storage.parts.count }
    private var path: [any CodingKey] { codingPath + [JSONCodingKey(index: count)] }

    private func add(_ value: JSONValue) { storage.parts.append(.value(value)) }

    mutating func encodeNil() { add(.null) }
    mutating func encode(_ value: Bool) { add(.boolean(value)) }
    mutating func encode(_ value: String) { add(.string(value)) }
    mutating func encode(_ value: Double) throws { add(try JSONValueEncoder.number(value, at: path)) }
    mutating func encode(_ value: Int) throws { add(try JSONValueEncoder.integer(value, at: path)) }
    mutating func encode<Value: Encodable>(_ value: Value) throws {
      add(try JSONValueEncoder.encode(value, at: path))
    }

    private func nested() -> JSONValueEncoder {
      let encoder = JSONValueEncoder(codingPath: path)
      storage.parts.append(.encoder(encoder))
      return encoder
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      nested().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { nested() }
  }

  private struct Single: SingleValueEncodingContainer {
    let encoder: JSONValueEncoder
    let codingPath: [any CodingKey]

    private func set(_ value: JSONValue) { encoder.content = .value(value) }

    mutating func encodeNil() { set(.null) }
    mutating func encode(_ value: Bool) { set(.boolean(value)) }
    mutating func encode(_ value: String) { set(.string(value)) }
    mutating func encode(_ value: Double) throws { set(try JSONValueEncoder.number(value, at: codingPath)) }
    // The shortest digits that name the float, not those of the double that is nearest to it.
    mutating func encode(_ value: Float) throws {
      set(try JSONValueEncoder.number(Double("\(value)") ?? Double(value), at: codingPath))
    }
    mutating func encode(_ value: Int) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: Int8) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: Int16) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: Int32) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: Int64) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: UInt) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: UInt8) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: UInt16) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: UInt32) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode(_ value: UInt64) throws { set(try JSONValueEncoder.integer(value, at: codingPath)) }
    mutating func encode<Value: Encodable>(_ value: Value) throws {
      set(try JSONValueEncoder.encode(value, at: codingPath))
    }
  }
}
