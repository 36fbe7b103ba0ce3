extension Parser {
  /// An expression, with inline conditions.
  mutating func expression(withConditions: Bool = true) throws(JinjaError) -> Expression {
    try nested { (parser) throws(JinjaError) in
      guard withConditions else { return try parser.disjunction() }
      var value = try parser.disjunction(), count = 0
      while parser.skipName("if") {
        count += 1
        guard count <= parser.limit else { throw .limit("conditions of one value", parser.limit) }
        let condition = try parser.disjunction()
        let otherwise = parser.skipName("else") ? try parser.expression() : nil
        value = .condition(condition, then: value, otherwise: otherwise)
      }
      return value
    }
  }

  /// One expression, or several with commas between them.
  mutating func tuple(withConditions: Bool = true) throws(JinjaError) -> Expression {
    var parts: [Expression] = [], isTuple = false
    while true {
      if !parts.isEmpty { try expect(",") }
      if endsTuple { break }
      parts.append(try expression(withConditions: withConditions))
      guard isSign(",") else { break }
      isTuple = true
    }
    if !isTuple {
      guard let only = parts.first else { throw unexpected("an expression") }
      return only
    }
    return .tuple(parts)
  }

  private var endsTuple: Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .sign(")"): true
    default: false
    }
  }

  private mutating func disjunction() throws(JinjaError) -> Expression {
    var parts = [try conjunction()]
    while skipName("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func conjunction() throws(JinjaError) -> Expression {
    var parts = [try negation()]
    while skipName("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func negation() throws(JinjaError) -> Expression {
    guard skipName("not") else { return try comparison() }
    return .negated(try nested { (parser) throws(JinjaError) in try parser.negation() })
  }

  private mutating func comparison() throws(JinjaError) -> Expression {
    let left = try sum()
    var operations: [(String, Expression)] = []
    while true {
      if case .sign(let sign) = current.kind, ["==", "!=", "<", "<=", ">", ">="].contains(sign) {
        advance()
        operations.append((sign, try sum()))
      } else if skipName("in") {
        operations.append(("in", try sum()))
      } else if isName("not"), following.kind == .name("in") {
        advance()
        advance()
        operations.append(("not in", try sum()))
      } else {
        return operations.isEmpty ? left : .comparison(left, operations)
      }
    }
  }

  private mutating func sum() throws(JinjaError) -> Expression {
    let left = try concatenation()
    return .chained(left, try operations(["+", "-"]) { (parser) throws(JinjaError) in try parser.concatenation() })
  }

  private mutating func concatenation() throws(JinjaError) -> Expression {
    var parts = [try product()]
    while skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : .concatenated(parts)
  }

  private mutating func product() throws(JinjaError) -> Expression {
    let left = try power()
    return .chained(left, try operations(["*", "/", "//", "%"]) { (parser) throws(JinjaError) in try parser.power() })
  }

  private mutating func power() throws(JinjaError) -> Expression {
    let left = try unary()
    return .chained(left, try operations(["**"]) { (parser) throws(JinjaError) in try parser.unary() })
  }

  private mutating func operations(
    _ signs: Set<String>, _ operand: (inout Parser) throws(JinjaError) -> Expression
  ) throws(JinjaError) -> [(sign: String, right: Expression)] {
    var operations: [(String, Expression)] = []
    while case .sign(let sign) = current.kind, signs.contains(sign) {
      advance()
      operations.append((sign, try operand(&self)))
    }
    return operations
  }

  private mutating func unary(withFilters: Bool = true) throws(JinjaError) -> Expression {
    let value: Expression
    if isSign("-") || isSign("+") {
      let isMinus = isSign("-")
      advance()
      let operand = try nested { (parser) throws(JinjaError) in try parser.unary(withFilters: false) }
      value = isMinus ? .minus(operand) : .plus(operand)
    } else {
      value = try primary()
    }
    var links = try postfixes()
    if withFilters { links += try filters() }
    return links.isEmpty ? value : .chain(value, links)
  }

  mutating func primary() throws(JinjaError) -> Expression {
    let token = current
    switch token.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .boolean(true)
      case "false", "False": return .boolean(false)
      case "none", "None": return .none
      default:
        namesRead.insert(name)
        return .variable(name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text.scalars += more.scalars
        advance()
      }
      return .text(text)
    case .integer(let value):
      advance()
      return .integer(value)
    case .float(let value):
      advance()
      return .float(value)
    case .sign("("):
      advance()
      if skip(")") { return .tuple([]) }
      let value = try tuple()
      try expect(")")
      return value
    case .sign("["):
      advance()
      let elements = try list(until: "]") { (parser) throws(JinjaError) in try parser.expression() }
      return .list(elements)
    case .sign("{"):
      advance()
      let members = try list(until: "}") { (parser) throws(JinjaError) in
        let key = try parser.expression()
        try parser.expect(":")
        return (key: key, value: try parser.expression())
      }
      return .dictionary(members)
    default: throw unexpected("an expression")
    }
  }

  private mutating func list<Part>(
    until end: String, _ read: (inout Parser) throws(JinjaError) -> Part
  ) throws(JinjaError) -> [Part] {
    var parts: [Part] = []
    while !isSign(end) {
      if !parts.isEmpty { try expect(",") }
      if isSign(end) { break }
      parts.append(try read(&self))
    }
    advance()
    return parts
  }
}

extension Expression {
  /// A value with operations, or the value where there is none.
  fileprivate static func chained(_ left: Expression, _ operations: [(sign: String, right: Expression)]) -> Expression {
    operations.isEmpty ? left : .operations(left, operations)
  }
}
