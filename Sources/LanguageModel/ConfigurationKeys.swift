import ModelFiles

/// `config.json` as a family's configuration class in transformers takes it: values by their keys, that class's
/// defaults for keys that are missing, and which keys were asked for.
///
/// A key that was never asked for changes nothing in what is computed. So each is one without influence, one that is
/// refused, or one that the user is told about.
final class ConfigurationKeys {
  /// The object that the keys stand in.
  let json: JSONNode
  let check: ConfigurationCheck
  private let family: ModelFamily
  private var asked: Set<String> = []

  init(_ json: JSONNode, family: ModelFamily) {
    self.json = json
    self.family = family
    check = ConfigurationCheck(path: json.path)
  }

  /// Whether a key that only some families have is one of this family.
  func isOwn(_ key: String) -> Bool { family.keys.contains(key) }

  // MARK: - Keys that all families have

  /// The first of some keys that is there and not null: older files have other names.
  func first(of keys: [String]) throws(ModelFileError) -> (node: JSONNode, key: String)? {
    asked.formUnion(keys)
    for key in keys {
      if let node = try json.optional(key) { return (node, key) }
    }
    return nil
  }

  /// A value; nil where it is null or missing.
  func optional(_ key: String) throws(ModelFileError) -> JSONNode? { try first(of: [key])?.node }

  /// A number from 1 on; nil where it is null, or missing without a default.
  func optionalDimension(_ keys: String..., at most: Int = 1 << 24) throws -> Int? {
    if let found = try first(of: keys) { return try check.dimension(found.node.integer(), found.key, at: most) }
    return fallback(keys[0]).map { Int($0) }
  }

  /// A number from 1 on, by its key or the one that it had before.
  func dimension(_ key: String, once former: String? = nil, at most: Int = 1 << 24) throws -> Int {
    let found = try first(of: [former, key].compactMap(\.self))
    return try check.dimension((found?.node ?? json.member(key)).integer(), found?.key ?? key, at: most)
  }

  /// A positive number; nil where it is null, or missing without a default.
  func optionalPositive(_ key: String) throws -> Double? {
    guard let node = try optional(key) else { return fallback(key) }
    return try check.positive(node.number(), key)
  }

  // MARK: - Keys of some families

  /// A value of a key that the family may have; nil where it has it not.
  func own(_ key: String) throws(ModelFileError) -> JSONNode? { isOwn(key) ? try optional(key) : nil }

  /// A truth value of such a key; false where there is none.
  func ownFlag(_ key: String) throws(ModelFileError) -> Bool { try own(key)?.bool() ?? false }

  /// A number from 1 on of such a key.
  func ownDimension(_ key: String, at most: Int = 1 << 24) throws -> Int? {
    isOwn(key) ? try optionalDimension(key, at: most) : nil
  }

  /// A positive number of such a key.
  func ownPositive(_ key: String) throws -> Double? { isOwn(key) ? try optionalPositive(key) : nil }

  /// The class's default for a key that is not there at all: null is a value of its own.
  private func fallback(_ key: String) -> Double? { json.has(key) ? nil : family.defaults[key] }

  // MARK: - Keys that nothing asked for

  /// Refuses what models of other families compute with, and this one does not.
  func refuseForeignKeys() throws {
    for (key, neutral) in Self.foreign.sorted(by: { $0.key < $1.key }) where !asked.contains(key) {
      guard let node = try json.optional(key), !neutral.contains(node.text) else { continue }
      throw LanguageModelError.unsupportedFeature(
        path: json.path, key: key, found: node.text, supported: neutral.isEmpty ? ["null"] : neutral)
    }
    for key in Self.expertCounts where !asked.contains(key) {
      guard let experts = try json.optional(key)?.integer(), experts > 0 else { continue }
      throw LanguageModelError.mixtureOfExperts(path: json.path, key: key, experts: experts)
    }
  }

  /// What to tell the user: the keys that are neither known nor at a value that changes nothing.
  func warnings() throws -> [String] {
    let unknown = try json.members().filter { key, node in
      let isKnown =
        asked.contains(key) || Self.silent.contains(key) || key.hasPrefix("_") || Self.foreign[key] != nil
        || Self.expertCounts.contains(key)
      return !isKnown && !node.isUnset && Self.neutral[key]?.contains(node.text) != true
        && !(key == "layer_types" && Self.areAllGlobal(node))
    }
    guard !unknown.isEmpty else { return [] }
    let list = unknown.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ")
    let (keys, them) = unknown.count == 1 ? ("this key", "it") : ("these keys", "them")
    return [
      "\(json.path): \(list): not used, as \(family.name) models do not know \(keys) in transformers. Should the model "
        + "need \(them), its answers are not its own."
    ]
  }

  private static func areAllGlobal(_ types: JSONNode) -> Bool {
    (try? types.elements().allSatisfy { try $0.string() == "full_attention" }) ?? false
  }
}
