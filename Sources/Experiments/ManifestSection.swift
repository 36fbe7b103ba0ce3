import JSON

/// An object of a manifest, declared by its keys.
protocol ManifestSection: Sendable {
  /// The section with every key at its initial value.
  init()
  /// The keys, in the order of the documentation; later ones may depend on earlier ones.
  static var keys: [ManifestKey<Self>] { get }
  /// What a schema says beside the keys.
  static var schemaRules: JSONObject { get }
  /// Refuses what keys may not say together.
  /// - Parameter written: The object as it is written.
  func check(at place: String, written: JSONObject) throws(ManifestError)
}

extension ManifestSection {
  /// No rules.
  static var schemaRules: JSONObject { JSONObject() }

  /// Refuses nothing.
  func check(at place: String, written: JSONObject) throws(ManifestError) {}

  /// Reads a section; a missing one (nil) has no keys. Throws for anything but an object, for a key that isn't known,
  /// and for values that are not possible.
  init(reading value: JSONValue?, at place: String) throws(ManifestError) {
    try self.init(object: Self.object(value, at: place), at: place, besides: [])
  }

  /// The object that a section is; that of a missing one is empty.
  static func object(_ value: JSONValue?, at place: String) throws(ManifestError) -> JSONObject {
    switch value {
    case nil: return JSONObject()
    case .object(let found)?: return found
    case let found?:
      throw ManifestError(at: place.isEmpty ? "the whole" : place, found: found.summary, expected: "an object")
    }
  }

  /// Reads a section from an object.
  /// - Parameters:
  ///   - others: Keys of the object that others read.
  ///   - initial: The section before any key is read.
  init(
    object: JSONObject, at place: String, besides others: [String], from initial: Self = Self()
  ) throws(ManifestError) {
    let known = Self.keys.map(\.name) + others
    func path(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
    for key in object.keys where !known.contains(key) {
      throw ManifestError.unknownKey(key, at: path(key), known: known)
    }
    self = initial
    for key in Self.keys {
      try key.read(&self, from: ManifestValue(value: object[key.name], place: path(key.name)))
    }
    try check(at: place, written: object)
  }

  /// The section with every key.
  var resolved: JSONValue {
    .object(
      JSONObject(Self.keys.compactMap { key in key.write(self).map { .init(key: key.name, value: $0) } }))
  }

  /// What schema and documentation say of the section.
  static var description: SectionDescription {
    let standard = try? Self(reading: nil, at: "")
    return SectionDescription(
      keys: keys.map { key in
        var described = key.description
        if !described.isRequired, described.fallback == nil || standard != nil {
          described.standard = key.write(standard ?? Self())
        }
        return described
      }, rules: schemaRules)
  }
}
