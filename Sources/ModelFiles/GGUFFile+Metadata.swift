/// Typed access to the metadata. Each getter names the key, what was found and what was expected when it throws;
/// the `optional…` ones give `nil` where the key is missing and still throw where it holds something else.
extension GGUFFile {
  /// The text under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func string(_ key: String) throws(ModelFileError) -> String {
    try required(key, "a text", optionalString(key))
  }

  /// The integer under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else, or a number beyond `Int`.
  package func integer(_ key: String) throws(ModelFileError) -> Int {
    try required(key, "an integer", optionalInteger(key))
  }

  /// The finite number under `key`; a 32-bit one is widened, exactly.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func float(_ key: String) throws(ModelFileError) -> Double {
    try required(key, "a number", optionalFloat(key))
  }

  /// The truth value under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func bool(_ key: String) throws(ModelFileError) -> Bool {
    try required(key, "a truth value", optionalBool(key))
  }

  /// The list of texts under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func strings(_ key: String) throws(ModelFileError) -> [String] {
    try required(key, "a list of texts", optionalStrings(key))
  }

  /// The list of integers under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func integers(_ key: String) throws(ModelFileError) -> [Int] {
    try required(key, "a list of integers", optionalIntegers(key))
  }

  /// The list of 32-bit numbers under `key`.
  /// - Throws: `ModelFileError.malformed` if the key is missing or holds something else.
  package func floats(_ key: String) throws(ModelFileError) -> [Float] {
    try required(key, "a list of numbers", optionalFloats(key))
  }

  /// The text under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalString(_ key: String) throws(ModelFileError) -> String? {
    try optional(key, "a text") { if case .string(let value) = $0 { value } else { nil } }
  }

  /// The integer under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else, or a number beyond `Int`.
  package func optionalInteger(_ key: String) throws(ModelFileError) -> Int? {
    try optional(key, "an integer") { $0.integer }
  }

  /// The finite number under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalFloat(_ key: String) throws(ModelFileError) -> Double? {
    try optional(key, "a finite number") { if case .float(let value) = $0, value.isFinite { value } else { nil } }
  }

  /// The truth value under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalBool(_ key: String) throws(ModelFileError) -> Bool? {
    try optional(key, "a truth value") { if case .bool(let value) = $0 { value } else { nil } }
  }

  /// The list of texts under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalStrings(_ key: String) throws(ModelFileError) -> [String]? {
    try optional(key, "a list of texts") { if case .strings(let values) = $0 { values } else { nil } }
  }

  /// The list of integers under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalIntegers(_ key: String) throws(ModelFileError) -> [Int]? {
    try optional(key, "a list of integers") { if case .integers(let values) = $0 { values } else { nil } }
  }

  /// The list of 32-bit numbers under `key`, or `nil` if the key is missing.
  /// - Throws: `ModelFileError.malformed` if the key holds something else.
  package func optionalFloats(_ key: String) throws(ModelFileError) -> [Float]? {
    try optional(key, "a list of numbers") { if case .floats(let values) = $0 { values } else { nil } }
  }

  private func optional<Value>(
    _ key: String, _ expected: String, _ extract: (MetadataValue) -> Value?
  ) throws(ModelFileError) -> Value? {
    guard let stored = metadata[key] else { return nil }
    guard let value = extract(stored) else {
      throw .malformed(path: path, place: "metadata key \(quoted(key))", found: stored.kind, expected: expected)
    }
    return value
  }

  private func required<Value>(_ key: String, _ expected: String, _ value: Value?) throws(ModelFileError) -> Value {
    guard let value else {
      throw .malformed(path: path, place: "metadata key \(quoted(key))", found: "no such key", expected: expected)
    }
    return value
  }
}
