package import JSON

/// One setting and the value that a cell gives it. An object replaces a section wholly: what it does not name falls
/// back to the defaults.
package struct Override: Sendable, Hashable, Codable {
  /// The dotted path of the setting.
  package let path: String
  package let value: JSONValue

  package init(path: String, value: JSONValue) {
    self.path = path
    self.value = value
  }

  /// Overrides as an object from paths to values, in their order.
  package static func object(of overrides: [Override]) -> JSONValue {
    .object(JSONObject(overrides.map { .init(key: $0.path, value: $0.value) }))
  }
}
