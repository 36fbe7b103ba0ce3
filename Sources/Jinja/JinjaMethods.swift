extension JinjaEvaluator {
  /// A method of a text, a list or a dictionary, bound to it; nil where there is none of this name. What would change a
  /// list or a dictionary is refused when it is called.
  func method(_ name: String, of value: JinjaValue) -> JinjaValue? {
    switch value {
    case .text(let text):
      guard let counts = TextMethods.counts[name] else { return nil }
      return bound(name, to: value) { arguments, evaluator in
        try TextMethods.call(name, on: text, arguments, takes: counts, evaluator)
      }
    case .dictionary(let members):
      if Self.dictionaryChanges.contains(name) { return unsafe(name, value) }
      return dictionaryMethod(name, of: members, value)
    case .list(let list):
      if Self.listChanges.contains(name) { return unsafe(name, value) }
      if name == "copy" { return bound(name, to: value) { _, _ in value } }
      return sequenceMethod(name, of: list, value)
    case .tuple(let list): return sequenceMethod(name, of: list, value)
    case .undefined, .none, .boolean, .integer, .float, .range, .object: return nil
    }
  }

  private static let dictionaryChanges: Set<String> = ["update", "pop", "popitem", "setdefault", "clear"]
  private static let listChanges: Set<String> = [
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse",
  ]

  private func bound(
    _ name: String, to value: JinjaValue, _ body: @escaping (JinjaArguments, JinjaEvaluator) throws -> JinjaValue
  ) -> JinjaValue {
    .object(JinjaFunction(name, nesting: value.nesting + 1, body))
  }

  private func unsafe(_ name: String, _ value: JinjaValue) -> JinjaValue {
    .undefined("access to '\(name)' of a '\(value.typeName)', which it would change,")
  }

  private func dictionaryMethod(
    _ name: String, of members: JinjaDictionary, _ value: JinjaValue
  ) -> JinjaValue? {
    switch name {
    case "get":
      return bound(name, to: value) { arguments, evaluator in
        try arguments.check(name, 1...2)
        let key = arguments.positional[0]
        guard JinjaKey(key) != nil else { throw JinjaError.type("unhashable type: '\(key.typeName)'") }
        try evaluator.step(key.keySize / 8)
        return members[key] ?? (arguments.positional.count > 1 ? arguments.positional[1] : .none)
      }
    case "keys", "values", "items":
      return bound(name, to: value) { arguments, evaluator in
        try arguments.check(name, 0...0)
        try evaluator.step(members.count)
        let elements = members.members.map { member in
          name == "keys" ? member.key : name == "values" ? member.value : .tuple([member.key, member.value])
        }
        return .object(JinjaView(name, elements))
      }
    case "copy": return bound(name, to: value) { _, _ in value }
    default: return nil
    }
  }

  private func sequenceMethod(_ name: String, of list: JinjaList, _ value: JinjaValue) -> JinjaValue? {
    switch name {
    case "index":
      return bound(name, to: value) { arguments, evaluator in
        try arguments.check(name, 1...3)
        let wanted = arguments.positional[0]
        let range = try arguments.range(from: 1, of: list.count) ?? 0..<0
        guard let place = try range.first(where: { try list[$0].isEqual(to: wanted, evaluator) }) else {
          throw JinjaError.type("the value is not in the \(value.typeName)")
        }
        return .integer(place)
      }
    case "count":
      return bound(name, to: value) { arguments, evaluator in
        try arguments.check(name, 1...1)
        let wanted = arguments.positional[0]
        return .integer(try list.reduce(0) { try $0 + ($1.isEqual(to: wanted, evaluator) ? 1 : 0) })
      }
    default: return nil
    }
  }
}

extension JinjaArguments {
  /// The range that two arguments name, as a slice does; nil where it begins behind so many elements, or behind its
  /// end.
  func range(from place: Int, of count: Int) throws -> Range<Int>? {
    func bound(_ place: Int, _ usual: Int) throws -> Int {
      guard place < positional.count, !positional[place].isNone else { return usual }
      guard let bound = positional[place].asInteger else {
        throw JinjaError.type("slice indices must be integers or None")
      }
      return bound < 0 ? max(0, max(bound, -count) + count) : bound
    }
    let start = try bound(place, 0), end = min(try bound(place + 1, count), count)
    return start <= end ? start..<end : nil
  }
}
