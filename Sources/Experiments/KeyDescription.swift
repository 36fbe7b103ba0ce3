package import JSON

/// What schema and documentation say of one key of a manifest.
package struct KeyDescription: Sendable {
  /// What a value may be.
  indirect enum ValueType: Sendable {
    /// A string that is not empty.
    case text
    /// A string that is not empty: the path of a file.
    case path
    /// A string.
    case freeText
    case boolean
    /// A day.
    case date
    /// A whole number.
    case integer(ClosedRange<Int>)
    case number(ManifestRange)
    /// One of some names; the documentation may have a phrase for them.
    case choice([String], named: String?)
    /// An object of keys.
    case section(SectionDescription)
    /// A string that is not empty, or an object of keys.
    case textOrSection(SectionDescription)
    /// A list of objects of keys.
    case list(of: SectionDescription, atLeastOne: Bool)
    /// A value of another form: the schema's words for it, and the documentation's.
    case other(schema: JSONObject, words: String)
  }

  /// The key.
  package let name: String
  let type: ValueType
  /// Whether it may be null.
  let isNullable: Bool
  /// Whether it must be there.
  let isRequired: Bool
  /// What stands in the place of the default, in words.
  let fallback: String?
  /// The default, as it is written out; nil for none.
  var standard: JSONValue?
  /// A value other than the default.
  package let example: JSONValue
  /// What it means, as markdown.
  let meaning: String

  init(
    name: String, type: ValueType, isNullable: Bool, isRequired: Bool, fallback: String?, example: JSONValue,
    meaning: String
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.isRequired = isRequired
    self.fallback = fallback
    self.example = example
    self.meaning = meaning
  }

  /// The keys of the section, or of each element of the list, that the value is, and the path to them from the key's.
  package var inner: (keys: [KeyDescription], path: String)? {
    switch type {
    case .section(let section), .textOrSection(let section): (section.keys, ".")
    case .list(let section, _): (section.keys, "[].")
    default: nil
    }
  }
}

/// What schema and documentation say of a section.
package struct SectionDescription: Sendable {
  package let keys: [KeyDescription]
  /// What the schema says beside them.
  let rules: JSONObject
}
