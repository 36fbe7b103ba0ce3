extension Parser {
  /// An expression, with inline conditions.
  mutating func expression(withConditions: Bool = true) throws(JinjaError) -> Expression {
    try nested { (parser) throws(JinjaError) in
      guard withConditions else { return try parser.disjunction() }
      var value = try parser.disjunction()
      while parser.skipName("if") {
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
    var value: Expression
    if isSign("-") || isSign("+") {
      let isMinus = isSign("-")
      advance()
      let operand = try nested { (parser) throws(JinjaError) in try parser.unary(withFilters: false) }
      value = isMinus ? .minus(operand) : .plus(operand)
    } else {
      value = try primary()
    }
    value = try postfixes(of: value)
    return withFilters ? try filters(around: value) : value
  }

  private mutating func primary() throws(JinjaError) -> Expression {
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
        text = text + more
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

  private mutating func postfixes(of value: Expression) throws(JinjaError) -> Expression {
    var value = value, count = 0
    while true {
      count += 1
      guard count <= limit else { throw .limit("postfixes of one value", limit) }
      if skip(".") {
        if case .integer(let index) = current.kind {
          advance()
          value = .member(value, .integer(index))
        } else {
          value = .attribute(value, try name())
        }
      } else if skip("[") {
        value = try subscripts(of: value)
      } else if isSign("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripts(of value: Expression) throws(JinjaError) -> Expression {
    var start: Expression?
    if !isSign(":") {
      let key = try expression()
      if skip("]") { return .member(value, key) }
      if isSign(",") {
        var keys = [key]
        while skip(",") { keys.append(try expression()) }
        try expect("]")
        return .member(value, .tuple(keys))
      }
      start = key
    }
    try expect(":")
    var end: Expression?, step: Expression?
    if !isSign(":"), !isSign("]") { end = try expression() }
    if skip(":"), !isSign("]") { step = try expression() }
    try expect("]")
    return .slice(value, start: start, end: end, step: step)
  }

  /// The filters, tests and calls behind a value.
  mutating func filters(around value: Expression) throws(JinjaError) -> Expression {
    var value = value, count = 0
    while true {
      count += 1
      guard count <= limit else { throw .limit("filters of one value", limit) }
      if skip("|") {
        value = try filter(of: value)
      } else if skipName("is") {
        value = try test(of: value)
      } else if isSign("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  /// A filter, behind its `|`.
  mutating func filter(of value: Expression) throws(JinjaError) -> Expression {
    let name = try dottedName()
    return .filter(name, value, isSign("(") ? try arguments() : .init())
  }

  private mutating func dottedName() throws(JinjaError) -> String {
    var name = try self.name()
    while skip(".") { name += ".\(try self.name())" }
    return name
  }

  private mutating func test(of value: Expression) throws(JinjaError) -> Expression {
    let isNegated = skipName("not")
    let name = try dottedName()
    var arguments = Expression.Arguments()
    if isSign("(") {
      arguments = try self.arguments()
    } else if startsTestArgument {
      guard !isName("is") else { throw unexpected("no second test") }
      arguments.positional = [try postfixes(of: try primary())]
    }
    let test = Expression.test(name, value, arguments)
    return isNegated ? .negated(test) : test
  }

  private var startsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .float, .sign("("), .sign("["), .sign("{"): true
    default: false
    }
  }

  private mutating func arguments() throws(JinjaError) -> Expression.Arguments {
    try expect("(")
    var arguments = Expression.Arguments(), isFirst = true
    while !isSign(")") {
      if !isFirst { try expect(",") }
      isFirst = false
      if isSign(")") { break }
      if skip("**") {
        guard arguments.spreadNamed == nil else { throw unexpected("one '**'") }
        arguments.spreadNamed = try expression()
      } else if skip("*") {
        guard arguments.spread == nil, arguments.spreadNamed == nil else { throw unexpected("one '*'") }
        arguments.spread = try expression()
      } else if case .name(let name) = current.kind, following.kind == .sign("=") {
        guard arguments.spreadNamed == nil else { throw unexpected("no argument behind '**'") }
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty, arguments.spread == nil, arguments.spreadNamed == nil else {
          throw unexpected("an argument with a name")
        }
        arguments.positional.append(try expression())
      }
    }
    advance()
    return arguments
  }
}

extension Expression {
  /// A value with operations, or the value where there is none.
  fileprivate static func chained(_ left: Expression, _ operations: [(sign: String, right: Expression)]) -> Expression {
    operations.isEmpty ? left : .operations(left, operations)
  }
}
