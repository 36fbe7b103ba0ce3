import Foundation

/// Python's operators on values.
enum Arithmetic {
  /// The result of an operator.
  static func result(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue, _ evaluator: JinjaEvaluator
  ) throws -> JinjaValue {
    if case .undefined(let what) = left { throw JinjaError.undefined(what) }
    if case .undefined(let what) = right {
      guard case ("%", .text) = (sign, left) else { throw JinjaError.undefined(what) }
    }
    switch (sign, left, right) {
    case ("+", .text(let left), .text(let right)):
      try evaluator.check(making: left.count + right.count)
      guard left.isMarkup || right.isMarkup else { return .text(left + right) }
      let sum = left.escaped + right.escaped
      try evaluator.check(length: sum.count)
      return .text(sum.asMarkup)
    case ("+", .list(let left), .list(let right)):
      try evaluator.check(making: left.count + right.count)
      return .list(left.elements + right.elements)
    case ("+", .tuple(let left), .tuple(let right)):
      try evaluator.check(making: left.count + right.count)
      return .tuple(left.elements + right.elements)
    case ("*", _, _) where left.asInteger != nil || right.asInteger != nil:
      if let result = try repeated(left, right, evaluator) { return result }
    case ("%", .text(let format), _): return .text(try PercentFormat(format).text(of: right, evaluator))
    default: break
    }
    if let mine = left.asInteger, let theirs = right.asInteger { return try integer(sign, mine, theirs) }
    if let mine = left.asDouble, let theirs = right.asDouble { return .float(try float(sign, mine, theirs)) }
    throw JinjaError.type(
      "unsupported operand type(s) for \(sign): '\(left.typeName)' and '\(right.typeName)'")
  }

  /// Python's unary `-`.
  static func negative(_ value: JinjaValue) throws -> JinjaValue {
    if let integer = value.asInteger { return try Self.integer("-", 0, integer) }
    if case .float(let number) = value { return .float(-number) }
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    throw JinjaError.type("bad operand type for unary -: '\(value.typeName)'")
  }

  /// Python's unary `+`.
  static func positive(_ value: JinjaValue) throws -> JinjaValue {
    if let integer = value.asInteger { return .integer(integer) }
    if case .float = value { return value }
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    throw JinjaError.type("bad operand type for unary +: '\(value.typeName)'")
  }

  /// A text or a list so many times; nil where neither is one.
  private static func repeated(
    _ left: JinjaValue, _ right: JinjaValue, _ evaluator: JinjaEvaluator
  ) throws -> JinjaValue? {
    guard let (value, count) = right.asInteger.map({ (left, $0) }) ?? left.asInteger.map({ (right, $0) }) else {
      return nil
    }
    func repeated<Part>(_ parts: [Part]) throws -> [Part] {
      guard count > 0, !parts.isEmpty else { return [] }
      guard count <= evaluator.limits.length else {
        throw JinjaError.limit("characters", evaluator.limits.length)
      }
      try evaluator.check(making: parts.count * count)
      return Array(repeatElement(parts, count: count).joined())
    }
    func other(_ value: JinjaValue, _ count: JinjaValue) throws -> JinjaValue? {
      switch value {
      case .text(let text): .text(JinjaText(try repeated(text.scalars)))
      case .list(let elements): .list(try repeated(elements.elements))
      case .tuple(let elements): .tuple(try repeated(elements.elements))
      default: nil
      }
    }
    return try other(value, .integer(count))
  }

  private static func integer(_ sign: String, _ left: Int, _ right: Int) throws -> JinjaValue {
    func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> JinjaValue {
      guard !result.overflow else { throw JinjaError.type("an integer of more than 64 bits") }
      return .integer(result.partialValue)
    }
    switch sign {
    case "+": return try checked(left.addingReportingOverflow(right))
    case "-": return try checked(left.subtractingReportingOverflow(right))
    case "*": return try checked(left.multipliedReportingOverflow(by: right))
    case "/":
      guard right != 0 else { throw JinjaError.type("division by zero") }
      return .float(Double(left) / Double(right))
    case "//", "%":
      guard right != 0 else { throw JinjaError.type("integer division or modulo by zero") }
      guard right != -1 else {
        return sign == "%" ? .integer(0) : try checked(Int(0).subtractingReportingOverflow(left))
      }
      let (quotient, rest) = left.quotientAndRemainder(dividingBy: right)
      // Python rounds down, and a remainder has the divisor's sign.
      let isOff = rest != 0 && (rest < 0) != (right < 0)
      return .integer(sign == "%" ? (isOff ? rest + right : rest) : (isOff ? quotient - 1 : quotient))
    default:
      guard right >= 0 else {
        guard left != 0 else { throw JinjaError.type("0.0 cannot be raised to a negative power") }
        return .float(try float("**", Double(left), Double(right)))
      }
      var result = 1, base = left, exponent = right
      while exponent > 0 {
        if exponent & 1 == 1 {
          let (product, overflows) = result.multipliedReportingOverflow(by: base)
          guard !overflows else { throw JinjaError.type("an integer of more than 64 bits") }
          result = product
        }
        exponent >>= 1
        guard exponent > 0 else { break }
        let (square, overflows) = base.multipliedReportingOverflow(by: base)
        guard !overflows else { throw JinjaError.type("an integer of more than 64 bits") }
        base = square
      }
      return .integer(result)
    }
  }

  private static func float(_ sign: String, _ left: Double, _ right: Double) throws -> Double {
    switch sign {
    case "+": return left + right
    case "-": return left - right
    case "*": return left * right
    case "**":
      let result = pow(left, right)
      guard !(left == 0 && right < 0), !result.isNaN || left.isNaN || right.isNaN else {
        throw JinjaError.type("a number that is not real")
      }
      guard result.isFinite || !left.isFinite || !right.isFinite else {
        throw JinjaError.type("Numerical result out of range")
      }
      return result
    default:
      guard right != 0 else { throw JinjaError.type("float division by zero") }
      if sign == "/" { return left / right }
      var rest = fmod(left, right)
      if rest != 0, (rest < 0) != (right < 0) { rest += right }
      if sign == "%" { return rest == 0 ? (right < 0 ? -0.0 : 0) : rest }
      let quotient = (left - rest) / right
      let floored = quotient.rounded(.down)
      return quotient - floored > 0.5 ? floored + 1 : floored
    }
  }
}
