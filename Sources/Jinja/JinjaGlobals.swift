/// What every template can call.
enum JinjaGlobals {
  /// The functions by their names.
  static func all(now: JinjaDate) -> [String: JinjaValue] {
    func function(
      _ name: String, _ body: @escaping (JinjaArguments, JinjaEvaluator) throws -> JinjaValue
    ) -> (String, JinjaValue) { (name, .object(JinjaFunction(name, body))) }
    let functions = [
      function("range", range), function("dict", dictionary), function("namespace", namespace),
      function("cycler") { arguments, _ in
        guard !arguments.positional.isEmpty else { throw JinjaError.type("at least one item has to be provided") }
        return .object(JinjaCycler(JinjaList(arguments.positional)))
      },
      function("joiner", joiner),
      function("raise_exception") { arguments, evaluator in
        throw JinjaError.raised(try (arguments.value(0, "message") ?? .none).printed(evaluator).string)
      },
      function("strftime_now") { arguments, evaluator in
        guard let format = arguments.value(0, "format")?.asText else {
          throw JinjaError.type("strftime_now() needs a format")
        }
        try evaluator.step(format.count)
        return .string(now.text(format.string))
      },
    ]
    return Dictionary(functions) { $1 }
  }

  private static func range(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    let numbers = try arguments.positional.map { argument in
      guard let number = argument.asInteger else {
        throw JinjaError.type("'\(argument.typeName)' object cannot be interpreted as an integer")
      }
      return number
    }
    let made: JinjaRange?
    switch numbers.count {
    case 1: made = JinjaRange(from: 0, to: numbers[0], by: 1)
    case 2: made = JinjaRange(from: numbers[0], to: numbers[1], by: 1)
    case 3: made = JinjaRange(from: numbers[0], to: numbers[1], by: numbers[2])
    default: throw JinjaError.type("range expected 1 to 3 arguments, got \(numbers.count)")
    }
    guard let made else { throw JinjaError.type("range() arg 3 must not be zero") }
    // The sandbox's own limit.
    guard made.count <= 100_000 else { throw JinjaError.limit("elements of a range", 100_000) }
    return .range(made)
  }

  private static func dictionary(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    var result = JinjaDictionary()
    if let first = arguments.positional.first {
      try evaluator.step(first.size)
      if case .dictionary(let members) = first {
        result = members
      } else {
        for pair in try evaluator.elements(of: first) {
          let parts = try evaluator.elements(of: pair)
          try evaluator.step(1 + (parts.first?.keySize ?? 0) / 8)
          guard parts.count == 2, result.set(parts[0], parts[1]) else {
            throw JinjaError.type("dict() needs pairs with keys that can be keys")
          }
        }
      }
    }
    for (name, value) in arguments.named { _ = result.set(.string(name), value) }
    return .dictionary(result)
  }

  private static func namespace(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    let namespace = JinjaNamespace()
    try evaluator.retain(namespace)
    guard case .dictionary(let members) = try dictionary(arguments, evaluator) else { return .none }
    for (key, value) in members.members {
      if let name = key.asText { try namespace.set(name.string, value) }
    }
    return .object(namespace)
  }

  private static func joiner(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    let separator = arguments.value(0, "sep") ?? .text(", ")
    var isFirst = true
    return .object(
      JinjaFunction("joiner", nesting: separator.nesting + 1) { _, _ in
        defer { isFirst = false }
        return isFirst ? .text("") : separator
      })
  }
}
