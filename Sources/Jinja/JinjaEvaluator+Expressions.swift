extension JinjaEvaluator {
  /// The value of an expression.
  func evaluate(_ expression: Expression) throws -> JinjaValue {
    try step()
    switch expression {
    case .none: return .none
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .float(value)
    case .text(let text): return .text(text)
    case .variable(let name): return scope[name] ?? .undefined("'\(name)'")
    default: return try deeper { try compound(expression) }
    }
  }

  /// Evaluates in another scope.
  func evaluate(_ expression: Expression, in inner: JinjaScope) throws -> JinjaValue {
    try inScope(inner) { try evaluate(expression) }
  }

  private func compound(_ expression: Expression) throws -> JinjaValue {
    switch expression {
    case .list(let parts): return try checked(.list(values(of: parts)))
    case .tuple(let parts): return try checked(.tuple(values(of: parts)))
    case .dictionary(let members): return try dictionary(members)
    case .chain(let first, let links): return try chain(first, links)
    case .negated(let value): return .boolean(try !evaluate(value).isTrue)
    case .minus(let value): return try Arithmetic.negative(evaluate(value))
    case .plus(let value): return try Arithmetic.positive(evaluate(value))
    case .operations(let first, let operations): return try operate(first, operations)
    case .concatenated(let parts): return try concatenated(parts)
    case .comparison(let first, let operations): return .boolean(try compare(first, operations))
    case .and(let parts): return try firstOf(parts) { !$0.isTrue }
    case .or(let parts): return try firstOf(parts) { $0.isTrue }
    case .condition(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      guard let otherwise else { return .undefined("the inline if-expression without an else") }
      return try evaluate(otherwise)
    case .none, .boolean, .integer, .float, .text, .variable: return try evaluate(expression)
    }
  }

  private func values(of parts: [Expression]) throws -> [JinjaValue] {
    var values: [JinjaValue] = []
    values.reserveCapacity(parts.count)
    for part in parts { values.append(try evaluate(part)) }
    return values
  }

  /// A value whose lists don't lie too deep in one another.
  private func checked(_ value: JinjaValue) throws -> JinjaValue {
    try check(nesting: value)
    return value
  }

  /// The first value that decides, else the last.
  private func firstOf(_ parts: [Expression], _ decides: (JinjaValue) -> Bool) throws -> JinjaValue {
    var value = JinjaValue.none
    for part in parts {
      value = try evaluate(part)
      if decides(value) { return value }
    }
    return value
  }

  private func dictionary(_ members: [(key: Expression, value: Expression)]) throws -> JinjaValue {
    var dictionary = JinjaDictionary()
    for member in members {
      let key = try evaluate(member.key)
      try step(key.keySize / 8)
      guard dictionary.set(key, try evaluate(member.value)) else {
        throw JinjaError.type("unhashable type: '\(key.typeName)'")
      }
    }
    return try checked(.dictionary(dictionary))
  }

  private func operate(_ first: Expression, _ operations: [(sign: String, right: Expression)]) throws -> JinjaValue {
    var value = try evaluate(first)
    for (sign, right) in operations { value = try Arithmetic.result(sign, value, evaluate(right), self) }
    return value
  }

  private func concatenated(_ parts: [Expression]) throws -> JinjaValue {
    var text = JinjaText()
    for part in parts {
      text.scalars += try evaluate(part).printed(self).scalars
      try check(length: text.count)
    }
    try check(making: text.count)
    return .text(text)
  }

  private func compare(_ first: Expression, _ operations: [(sign: String, right: Expression)]) throws -> Bool {
    var left = try evaluate(first)
    for (sign, expression) in operations {
      let right = try evaluate(expression)
      guard try compare(sign, left, right) else { return false }
      left = right
    }
    return true
  }

  /// Whether two values compare as a sign says: `==`, `<`, `in` and their kin.
  func compare(_ sign: String, _ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
    switch sign {
    case "==": return try left.isEqual(to: right, self)
    case "!=": return try !left.isEqual(to: right, self)
    case "<", "<=", ">", ">=": return try left.isOrdered(sign, to: right, self)
    case "in": return try left.isMember(of: right, self)
    default: return try !left.isMember(of: right, self)
    }
  }

  // MARK: What stands behind a value

  private func chain(_ first: Expression, _ links: [Expression.Link]) throws -> JinjaValue {
    var value = try evaluate(first)
    for link in links { value = try checked(apply(link, to: value)) }
    return value
  }

  private func apply(_ link: Expression.Link, to value: JinjaValue) throws -> JinjaValue {
    try step()
    switch link {
    case .attribute(let name): return try attribute(name, of: value)
    case .member(let key): return try member(evaluate(key), of: value)
    case .slice(let start, let end, let step):
      func bound(_ expression: Expression?) throws -> JinjaValue {
        guard let expression else { return .none }
        return try evaluate(expression)
      }
      return try slice(value, from: bound(start), to: bound(end), by: bound(step))
    case .call(let arguments): return try call(value, self.arguments(arguments))
    case .filter(let name, let arguments, _):
      return try filter(name, value, self.arguments(arguments))
    case .test(let name, let arguments, let isNegated, _):
      return .boolean(try test(name, value, self.arguments(arguments)) != isNegated)
    }
  }

  private func arguments(_ arguments: Expression.Arguments) throws -> JinjaArguments {
    var result = JinjaArguments()
    guard !arguments.isEmpty else { return result }
    result.positional = try values(of: arguments.positional)
    var names: Set<String> = []
    for (name, value) in arguments.named {
      guard names.insert(name).inserted else {
        throw JinjaError.type("the keyword argument '\(name)' is repeated")
      }
      result.named.append((name, try evaluate(value)))
    }
    if let spread = arguments.spread { result.positional += try elements(of: evaluate(spread)) }
    if let spread = arguments.spreadNamed {
      guard case .dictionary(let members) = try evaluate(spread) else {
        throw JinjaError.type("the argument after ** must be a mapping")
      }
      try step(members.count)
      for (key, value) in members.members {
        guard let name = key.asText?.string else { throw JinjaError.type("keywords must be strings") }
        guard names.insert(name).inserted else {
          throw JinjaError.type("got multiple values for keyword argument '\(name)'")
        }
        result.named.append((name, value))
      }
    }
    return result
  }

  /// Calls a value.
  func call(_ callee: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try step(arguments.size / 8)
    switch callee {
    case .object(let object):
      let result = try object.call(arguments, self)
      try check(length: result.size)
      return result
    case .undefined(let what): throw JinjaError.undefined(what)
    default: throw JinjaError.type("'\(callee.typeName)' object is not callable")
    }
  }

  /// A `call` block: the call at the end of an expression, with the block's body as `caller`.
  func call(_ expression: Expression, caller macro: Statement.Macro) throws -> JinjaValue {
    guard case .chain(let first, let links) = expression, case .call(let written)? = links.last else {
      throw JinjaError.type("no call")
    }
    let function = try chain(first, links.dropLast())
    var arguments = try self.arguments(written)
    arguments.named.append(("caller", .object(JinjaMacro(macro, in: scope))))
    try retain(scope)
    return try call(function, arguments)
  }
}
