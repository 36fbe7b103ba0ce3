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
    case .list(let parts): return .list(try parts.map(evaluate))
    case .tuple(let parts): return .tuple(try parts.map(evaluate))
    case .dictionary(let members): return try dictionary(members)
    case .attribute(let object, let name): return try attribute(name, of: evaluate(object))
    case .member(let object, let key): return try member(evaluate(key), of: evaluate(object))
    case .slice(let object, let start, let end, let step):
      return try slice(
        evaluate(object), start.map(evaluate) ?? .none, end.map(evaluate) ?? .none, step.map(evaluate) ?? .none)
    case .call(let callee, let arguments): return try call(evaluate(callee), self.arguments(arguments))
    case .filter(let name, let value, let arguments):
      return try filter(name, evaluate(value), self.arguments(arguments))
    case .test(let name, let value, let arguments):
      return .boolean(try test(name, evaluate(value), self.arguments(arguments)))
    case .negated(let value): return .boolean(try !evaluate(value).isTrue)
    case .minus(let value): return try negative(evaluate(value))
    case .plus(let value): return try positive(evaluate(value))
    case .operations(let first, let operations): return try operate(first, operations)
    case .concatenated(let parts): return try concatenated(parts)
    case .comparison(let first, let operations): return .boolean(try compare(first, operations))
    case .and(let parts): return try firstOf(parts) { !$0.isTrue }
    case .or(let parts): return try firstOf(parts) { $0.isTrue }
    case .condition(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      return try otherwise.map(evaluate) ?? .undefined("the inline if-expression without an else")
    }
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
      guard dictionary.set(key, try evaluate(member.value)) else {
        throw JinjaError.type("unhashable type: '\(key.typeName)'")
      }
    }
    return .dictionary(dictionary)
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

  func compare(_ sign: String, _ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
    switch sign {
    case "==": return left.isEqual(to: right)
    case "!=": return !left.isEqual(to: right)
    case "<": return try left.isLess(than: right, sign)
    case ">": return try right.isLess(than: left, sign)
    case "<=": return try left.isLess(than: right, sign) || left.isEqual(to: right)
    case ">=": return try right.isLess(than: left, sign) || left.isEqual(to: right)
    case "in": return try left.isMember(of: right)
    default: return try !left.isMember(of: right)
    }
  }

  private func negative(_ value: JinjaValue) throws -> JinjaValue {
    if let integer = value.asInteger {
      let (result, overflows) = Int(0).subtractingReportingOverflow(integer)
      guard !overflows else { throw JinjaError.type("an integer of more than 64 bits") }
      return .integer(result)
    }
    if case .float(let number) = value { return .float(-number) }
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    throw JinjaError.type("bad operand type for unary -: '\(value.typeName)'")
  }

  private func positive(_ value: JinjaValue) throws -> JinjaValue {
    if let integer = value.asInteger { return .integer(integer) }
    if case .float = value { return value }
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    throw JinjaError.type("bad operand type for unary +: '\(value.typeName)'")
  }

  // MARK: Calls

  func arguments(_ arguments: Expression.Arguments) throws -> JinjaArguments {
    var result = JinjaArguments()
    result.positional = try arguments.positional.map(evaluate)
    for (name, value) in arguments.named { result.named.append((name, try evaluate(value))) }
    if let spread = arguments.spread { result.positional += try elements(of: evaluate(spread)) }
    if let spread = arguments.spreadNamed {
      guard case .dictionary(let members) = try evaluate(spread) else {
        throw JinjaError.type("the argument after ** must be a mapping")
      }
      for (key, value) in members.members {
        guard let name = key.asText else { throw JinjaError.type("keywords must be strings") }
        result.named.append((name.string, value))
      }
    }
    return result
  }

  func call(_ callee: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    switch callee {
    case .object(let object): return try deeper { try object.call(arguments, self) }
    case .undefined(let what): throw JinjaError.undefined(what)
    default: throw JinjaError.type("'\(callee.typeName)' object is not callable")
    }
  }

  /// A `call` block.
  func call(_ expression: Expression, caller macro: Statement.Macro) throws -> JinjaValue {
    guard case .call(let callee, let written) = expression else { throw JinjaError.type("no call") }
    let function = try evaluate(callee)
    var arguments = try self.arguments(written)
    arguments.named.append(("caller", .object(JinjaMacro(macro, in: scope))))
    return try call(function, arguments)
  }

  // MARK: Parts

  /// `object.name`.
  func attribute(_ name: String, of value: JinjaValue) throws -> JinjaValue {
    guard !name.hasPrefix("__") else { throw JinjaError.type("access to attribute '\(name)' is unsafe") }
    switch value {
    case .undefined(let what): throw JinjaError.undefined(what)
    case .object(let object):
      return object.attribute(name) ?? .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    default:
      if let method = method(name, of: value) { return method }
      if case .dictionary(let members) = value, let found = members[name] { return found }
      return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    }
  }

  /// `object[key]`.
  func member(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
    func none() -> JinjaValue {
      guard let name = key.asText else { return .undefined("a member of '\(value.typeName) object'") }
      if case .object(let object) = value, let found = object.attribute(name.string) { return found }
      return method(name.string, of: value)
        ?? .undefined("'\(value.typeName) object' has no attribute '\(name.string)'")
    }
    switch value {
    case .undefined(let what): throw JinjaError.undefined(what)
    case .dictionary(let members): return members[key] ?? none()
    case .list(let elements), .tuple(let elements):
      guard let index = key.asInteger else { return none() }
      return Self.place(index, of: elements.count).map { elements[$0] } ?? none()
    case .text(let text):
      guard let index = key.asInteger else { return none() }
      return Self.place(index, of: text.count).map { .text(JinjaText([text.scalars[$0]])) } ?? none()
    case .range(let range):
      guard let index = key.asInteger else { return none() }
      return Self.place(index, of: range.count).map { .integer(range[$0]) } ?? none()
    case .none, .boolean, .integer, .float, .object: return none()
    }
  }

  private static func place(_ index: Int, of count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  private func slice(
    _ value: JinjaValue, _ start: JinjaValue, _ end: JinjaValue, _ step: JinjaValue
  ) throws -> JinjaValue {
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    func bound(_ bound: JinjaValue) throws -> Int? {
      if bound.isNone { return nil }
      guard let integer = bound.asInteger else {
        throw JinjaError.type("slice indices must be integers or None")
      }
      return integer
    }
    let places = try Slice(start: bound(start), end: bound(end), step: bound(step))
    switch value {
    case .text(let text): return .text(JinjaText(try places.parts(of: text.scalars, self)))
    case .list(let elements): return .list(try places.parts(of: elements, self))
    case .tuple(let elements): return .tuple(try places.parts(of: elements, self))
    case .range(let range): return .list(try places.parts(of: elements(of: .range(range)), self))
    default: throw JinjaError.type("'\(value.typeName)' object is not subscriptable")
    }
  }

  /// A slice's bounds, as Python reads them.
  private struct Slice {
    var start: Int?
    var end: Int?
    var step: Int?

    func parts<Part>(of parts: [Part], _ evaluator: JinjaEvaluator) throws -> [Part] {
      let step = step ?? 1, count = parts.count
      guard step != 0 else { throw JinjaError.type("slice step cannot be zero") }
      func clamped(_ bound: Int?, usual: Int) -> Int {
        guard let bound else { return usual }
        let place = bound < 0 ? max(bound, -count - 1) + count : bound
        return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
      }
      let first = clamped(start, usual: step > 0 ? 0 : count - 1)
      let last = clamped(end, usual: step > 0 ? count : -1)
      // The step may be larger than any distance.
      let stride = step > 0 ? min(step, count + 1) : max(step, -count - 1)
      var result: [Part] = [], place = first
      while step > 0 ? place < last : place > last {
        result.append(parts[place])
        place += stride
      }
      try evaluator.check(making: result.count)
      return result
    }
  }
}
