/// The kind of a stage, by its name in the store. Each kind's file declares its own.
package struct StageKind: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The name.
  package let rawValue: String

  /// The kind of a name.
  package init(rawValue: String) { self.rawValue = rawValue }

  init(_ name: String) { rawValue = name }

  /// The name.
  package var description: String { rawValue }
}
