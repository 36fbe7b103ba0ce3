import JSON

/// A value of a manifest with its place, read strictly: what it may not be is refused with the place.
struct ManifestValue {
  /// The value; nil where the key is missing.
  let value: JSONValue?
  /// The path of the key.
  let place: String

  func invalid(found: String? = nil, expected: String) -> ManifestError {
    ManifestError(at: place, found: found ?? value?.summary ?? "nothing", expected: expected)
  }

  /// Whether the value is there and not null.
  private var isSomething: Bool { value != nil && value != .null }

  func text() throws(ManifestError) -> String { try text("a string that is not empty") }

  func optionalText() throws(ManifestError) -> String? {
    isSomething ? try text("a string that is not empty, or null") : nil
  }

  private func text(_ expected: String) throws(ManifestError) -> String {
    guard let string = value?.string, string.contains(where: { !$0.isWhitespace }) else {
      throw invalid(expected: expected)
    }
    return string
  }

  func freeText() throws(ManifestError) -> String {
    guard let string = value?.string else { throw invalid(expected: "a string") }
    return string
  }

  func boolean() throws(ManifestError) -> Bool {
    guard case .boolean(let boolean)? = value else { throw invalid(expected: "true or false") }
    return boolean
  }

  func optionalBoolean() throws(ManifestError) -> Bool? {
    guard isSomething else { return nil }
    guard case .boolean(let boolean)? = value else { throw invalid(expected: "true, false, or null") }
    return boolean
  }

  func date() throws(ManifestError) -> String {
    guard let string = value?.string, ConversationSettings.parts(of: string) != nil else {
      throw invalid(expected: "a day such as \"\(ConversationSettings.standardDate)\"")
    }
    return string
  }

  func integer(in range: ClosedRange<Int>, or: String = "") throws(ManifestError) -> Int {
    guard let integer = value?.integer, range.contains(integer) else {
      throw invalid(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)\(or)")
    }
    return integer
  }

  func optionalInteger(in range: ClosedRange<Int>) throws(ManifestError) -> Int? {
    isSomething ? try integer(in: range, or: ", or null") : nil
  }

  func number(_ range: ManifestRange, or: String = "") throws(ManifestError) -> Double {
    guard let number = value?.number, range.contains(number) else {
      throw invalid(expected: "\(range.rawValue)\(or)")
    }
    return number
  }

  func optionalNumber(_ range: ManifestRange) throws(ManifestError) -> Double? {
    isSomething ? try number(range, or: ", or null") : nil
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(ManifestError) -> Choice {
    guard let string = value?.string, let choice = Choice(rawValue: string) else {
      let choices = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw invalid(expected: Choice.allCases.count == 1 ? choices : "one of \(choices)")
    }
    return choice
  }

  func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>() throws(ManifestError) -> Choice? {
    guard isSomething else { return nil }
    guard let string = value?.string, let choice = Choice(rawValue: string) else {
      let choices = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw invalid(expected: "one of \(choices), or null")
    }
    return choice
  }
}
