extension JinjaEvaluator {
  /// A method of a text, a list or a dictionary, bound to it; nil where there is none of this name. What would change a
  /// list or a dictionary is refused when it is called.
  func method(_ name: String, of value: JinjaValue) -> JinjaValue? {
    func bound(_ body: @escaping (JinjaArguments, JinjaEvaluator) throws -> JinjaValue) -> JinjaValue {
      .object(JinjaFunction(name, body))
    }
    func unsafe() -> JinjaValue {
      bound { _, _ in throw JinjaError.type("'\(name)' changes its object, which is not safe to call") }
    }
    switch value {
    case .text(let text):
      guard TextMethods.names.contains(name) else { return nil }
      return bound { arguments, evaluator in
        try TextMethods.call(name, on: text, arguments, evaluator)
      }
    case .dictionary(let members):
      switch name {
      case "get":
        return bound { arguments, _ in
          try arguments.check(name, ["key", "default"], atLeast: 1)
          return members[arguments.positional.first ?? .none] ?? arguments.value(1, "default") ?? .none
        }
      case "keys": return bound { _, _ in .list(members.members.map(\.key)) }
      case "values": return bound { _, _ in .list(members.members.map(\.value)) }
      case "items": return bound { _, _ in .list(members.members.map { .tuple([$0.key, $0.value]) }) }
      case "copy": return bound { _, _ in value }
      case "update", "pop", "popitem", "setdefault", "clear": return unsafe()
      default: return nil
      }
    case .list(let elements), .tuple(let elements):
      switch name {
      case "index":
        return bound { arguments, _ in
          guard let wanted = arguments.positional.first,
            let place = elements.firstIndex(where: { $0.isEqual(to: wanted) })
          else { throw JinjaError.type("the value is not in the list") }
          return .integer(place)
        }
      case "count":
        return bound { arguments, evaluator in
          try evaluator.step(elements.count)
          return .integer(elements.count { element in arguments.positional.first.map(element.isEqual) ?? false })
        }
      default: break
      }
      guard case .list = value else { return nil }
      switch name {
      case "copy": return bound { _, _ in value }
      case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse": return unsafe()
      default: return nil
      }
    case .undefined, .none, .boolean, .integer, .float, .range, .object: return nil
    }
  }
}
