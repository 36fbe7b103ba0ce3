import JSON

/// What counts, lengths and seeds may be.
enum ManifestLimits {
  /// Counts of things of which there must be one.
  static let counts = 1...1_000_000
  /// Counts of things of which there may be none.
  static let countsOrZero = 0...1_000_000
  /// Rows of a soft prompt.
  static let lengths = 1...100_000
  /// Seeds: the whole numbers that JSON keeps exactly.
  static let seeds = 0...9_007_199_254_740_992
  /// Cells of one experiment.
  static let cells = 10_000
}

/// What a number of a manifest may be.
enum ManifestRange: String {
  case positive = "a number above 0"
  case notNegative = "a number of at least 0"
  case shareAboveZero = "a number above 0 and at most 1"
  case shareBelowOne = "a number of at least 0 and below 1"

  func contains(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    return switch self {
    case .positive: number > 0
    case .notNegative: number >= 0
    case .shareAboveZero: number > 0 && number <= 1
    case .shareBelowOne: number >= 0 && number < 1
    }
  }
}

/// One object of a manifest, read strictly: every key must be one of `Key`, every value of its type and range.
struct ManifestSection<Key: RawRepresentable<String> & CaseIterable> {
  private let place: String
  private let object: JSONObject

  /// A section; a missing one (nil) has no keys. Throws for anything but an object, and for a key that isn't known.
  init(_ value: JSONValue?, at place: String) throws(ManifestError) {
    self.place = place
    switch value {
    case nil: object = JSONObject()
    case .object(let found)?: object = found
    case let found?:
      throw ManifestError(at: place.isEmpty ? "the whole" : place, found: found.summary, expected: "an object")
    }
    let known = Key.allCases.map(\.rawValue)
    for key in object.keys where !known.contains(key) {
      throw ManifestError.unknownKey(key, at: place.isEmpty ? key : "\(place).\(key)", known: known)
    }
  }

  func path(_ key: Key) -> String {
    place.isEmpty ? key.rawValue : "\(place).\(key.rawValue)"
  }

  func value(_ key: Key) -> JSONValue? {
    object[key.rawValue]
  }

  func invalid(_ key: Key, found: String, expected: String) -> ManifestError {
    ManifestError(at: path(key), found: found, expected: expected)
  }

  func requiredText(_ key: Key) throws(ManifestError) -> String {
    try text(key, value: value(key), expected: "a string that is not empty")
  }

  func text(_ key: Key, default standard: String) throws(ManifestError) -> String {
    try text(key, value: value(key) ?? .string(standard), expected: "a string that is not empty")
  }

  func optionalText(_ key: Key) throws(ManifestError) -> String? {
    switch value(key) {
    case nil, .null?: nil
    case let value?: try text(key, value: value, expected: "a string that is not empty, or null")
    }
  }

  func freeText(_ key: Key) throws(ManifestError) -> String {
    switch value(key) {
    case nil: return ""
    case .string(let string)?: return string
    case let value?: throw invalid(key, found: value.summary, expected: "a string")
    }
  }

  private func text(_ key: Key, value: JSONValue?, expected: String) throws(ManifestError) -> String {
    guard let string = value?.string, string.contains(where: { !$0.isWhitespace }) else {
      throw invalid(key, found: value?.summary ?? "nothing", expected: expected)
    }
    return string
  }

  func integer(_ key: Key, default standard: Int, in range: ClosedRange<Int>) throws(ManifestError) -> Int {
    try integer(key, value: value(key) ?? .integer(standard), in: range, or: "")
  }

  func optionalInteger(_ key: Key, in range: ClosedRange<Int>) throws(ManifestError) -> Int? {
    switch value(key) {
    case nil, .null?: nil
    case let value?: try integer(key, value: value, in: range, or: ", or null")
    }
  }

  private func integer(
    _ key: Key, value: JSONValue, in range: ClosedRange<Int>, or: String
  ) throws(ManifestError) -> Int {
    guard let integer = value.integer, range.contains(integer) else {
      throw invalid(
        key, found: value.summary,
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)\(or)")
    }
    return integer
  }

  func number(_ key: Key, default standard: Double, _ range: ManifestRange) throws(ManifestError) -> Double {
    try number(key, value: value(key) ?? .number(standard), range, or: "")
  }

  func optionalNumber(
    _ key: Key, default standard: Double? = nil, _ range: ManifestRange
  ) throws(ManifestError) -> Double? {
    switch value(key) {
    case nil: standard
    case .null?: nil
    case let value?: try number(key, value: value, range, or: ", or null")
    }
  }

  private func number(
    _ key: Key, value: JSONValue, _ range: ManifestRange, or: String
  ) throws(ManifestError) -> Double {
    guard let number = value.number, range.contains(number) else {
      throw invalid(key, found: value.summary, expected: "\(range.rawValue)\(or)")
    }
    return number
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: Key, default standard: Choice
  ) throws(ManifestError) -> Choice {
    try choice(key, value: value(key) ?? .string(standard.rawValue))
  }

  func requiredChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: Key
  ) throws(ManifestError) -> Choice {
    try choice(key, value: value(key))
  }

  private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: Key, value: JSONValue?
  ) throws(ManifestError) -> Choice {
    guard let string = value?.string, let choice = Choice(rawValue: string) else {
      let choices = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      let expected = Choice.allCases.count == 1 ? choices : "one of \(choices)"
      throw invalid(key, found: value?.summary ?? "nothing", expected: expected)
    }
    return choice
  }
}
