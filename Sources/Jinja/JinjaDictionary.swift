/// Python's dictionary: members in the order in which they came, found by keys that are equal as Python has it.
package struct JinjaDictionary {
  private var places: [JinjaKey: Int] = [:]
  /// The members in order.
  package private(set) var members: [(key: JinjaValue, value: JinjaValue)] = []

  /// No member.
  package init() {}

  /// Members with texts as keys; of equal ones the last counts.
  package init(_ members: [(String, JinjaValue)]) {
    for (key, value) in members { _ = set(.string(key), value) }
  }

  var count: Int { members.count }

  /// Sets a member.
  /// - Returns: Whether the key can be one.
  mutating func set(_ key: JinjaValue, _ value: JinjaValue) -> Bool {
    guard let identity = JinjaKey(key) else { return false }
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

  subscript(name: String) -> JinjaValue? { self[.string(name)] }
}
