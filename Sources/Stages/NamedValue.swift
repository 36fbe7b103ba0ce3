/// A value that is known by its name, in manifests and in what is stored: values are the same when their names are.
package protocol NamedValue: CaseIterable, RawRepresentable, Hashable, Codable, Sendable where RawValue == String {
  /// The name, which no other case has.
  var name: String { get }
}

extension NamedValue {
  /// The value of a name, or nil.
  package init?(rawValue: String) {
    guard let value = Self.allCases.first(where: { $0.name == rawValue }) else { return nil }
    self = value
  }

  /// The name.
  package var rawValue: String { name }

  /// Compares the names.
  package static func == (left: Self, right: Self) -> Bool { left.name == right.name }

  /// Hashes the name.
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
