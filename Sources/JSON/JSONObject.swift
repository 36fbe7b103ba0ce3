/// A JSON object: members with distinct keys, in the order in which they were written. Equality ignores the order.
package struct JSONObject: Sendable {
  /// One key and its value.
  package struct Member: Sendable, Hashable {
    package var key: String
    package var value: JSONValue

    package init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The members, in the order written.
  package private(set) var members: [Member]

  /// An object of the given members. A key that is repeated keeps its first place and its last value.
  package init(_ members: [Member] = []) {
    self.members = []
    self.members.reserveCapacity(members.count)
    var places: [JSONKey: Int] = [:]
    for member in members {
      if let place = places.updateValue(self.members.count, forKey: JSONKey(member.key)) {
        self.members[place] = member
        places[JSONKey(member.key)] = place
      } else {
        self.members.append(member)
      }
    }
  }

  /// The keys, in the order written.
  package var keys: [String] {
    members.map(\.key)
  }

  /// The value of a key. Setting a new key appends it; setting nil removes the member.
  package subscript(key: String) -> JSONValue? {
    get {
      members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
    set {
      let place = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// This object with the value at a dotted path, such as `decoding.alpha`, replaced. Objects on the way are made
  /// where they are missing, and replaced where something else than an object stands.
  package func setting(_ path: some StringProtocol, to value: JSONValue) -> JSONObject {
    var changed = self
    guard let dot = path.firstIndex(of: ".") else {
      changed[String(path)] = value
      return changed
    }
    let key = String(path[..<dot])
    let inner = self[key]?.object ?? JSONObject()
    changed[key] = .object(inner.setting(path[path.index(after: dot)...], to: value))
    return changed
  }

  /// The members in the order of RFC 8785, section 3.2.3: by the UTF-16 code units of their keys.
  package var sortedMembers: [Member] {
    members.sorted { Self.precedes($0.key, $1.key) }
  }

  /// The order of keys in canonical JSON: lexicographic by UTF-16 code units (RFC 8785, section 3.2.3).
  package static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf16.lexicographicallyPrecedes(right.utf16)
  }
}

extension JSONObject: Hashable {
  /// Whether both have the same members, in whatever order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.members.count == right.members.count else { return false }
    return zip(left.sortedMembers, right.sortedMembers).allSatisfy {
      $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
    }
  }

  /// Feeds the members in canonical order.
  package func hash(into hasher: inout Hasher) {
    for member in sortedMembers {
      hasher.combine(JSONKey(member.key))
      hasher.combine(member.value)
    }
  }
}
