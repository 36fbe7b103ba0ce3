/// Python's dictionary: members in the order in which they came, found by keys that are equal as Python has it.
package struct JinjaDictionary {
  private var places: [JinjaKey: Int] = [:]
  /// The members in order.
  package private(set) var members: [(key: JinjaValue, value: JinjaValue)] = []
  /// How many lists, tuples and dictionaries lie in one another, this one counted.
  private(set) var nesting = 1

  /// No member.
  package init() {}

  /// Members with texts as keys; of equal ones the last counts.
  package init(_ members: [(String, JinjaValue)]) {
    for (key, value) in members { _ = set(.string(key), value) }
  }

  /// How many members there are.
  var count: Int { members.count }

  /// Sets a member.
  /// - Returns: Whether the key can be one.
  mutating func set(_ key: JinjaValue, _ value: JinjaValue) -> Bool {
    guard let identity = JinjaKey(key) else { return false }
    nesting = max(nesting, 1 + key.nesting, 1 + value.nesting)
    if let place = places[identity] {
      members[place].value = value
    } else {
      places[identity] = members.count
      members.append((key, value))
    }
    return true
  }

  /// The value of a key; nil for none, and for what can't be a key.
  subscript(key: JinjaValue) -> JinjaValue? {
    guard let identity = JinjaKey(key), let place = places[identity] else { return nil }
    return members[place].value
  }

  /// The value of a text as key; nil for none.
  subscript(name: String) -> JinjaValue? { self[.string(name)] }
}

// Said outright: each of the two holds the other, and the compiler, asked for one while it works out the other, finds a
// circle (Swift 6.3, incremental builds).
@available(*, unavailable)
extension JinjaDictionary: Sendable {}

@available(*, unavailable)
extension JinjaValue: Sendable {}
