/// A value that is encoded as `null` where there is none. (An optional one is then left out.)
@propertyWrapper
package struct Nullable<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  /// The value, or nil.
  package var wrappedValue: Value?

  /// A value, or nil.
  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  /// Decodes the value, or `null`.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  /// Encodes the value, or `null`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}
