extension Parser {
  /// Statements up to a block that begins with one of some names, which is left to the caller; to the end where none is
  /// given.
  mutating func statements(until ends: Set<String>) throws(JinjaError) -> [Statement] {
    try nested { (parser) throws(JinjaError) in
      var statements: [Statement] = []
      while true {
        switch parser.current.kind {
        case .end:
          guard ends.isEmpty else {
            throw parser.unexpected(ends.sorted().map { "{% \($0) %}" }.joined(separator: " or "))
          }
          return statements
        case .data(let text):
          statements.append(.data(JinjaText(text)))
          parser.advance()
        case .variableBegin:
          parser.advance()
          statements.append(.output(try parser.tuple()))
          try parser.expect(.variableEnd, "'}}'")
        case .blockBegin:
          parser.advance()
          if case .name(let name) = parser.current.kind, ends.contains(name) { return statements }
          statements.append(try parser.statement())
        default: throw parser.unexpected("text or a block")
        }
      }
    }
  }

  /// The body of a block: its statements up to one of some ends, whose name is stepped over.
  /// - Returns: The statements, and which end it was.
  private mutating func body(until ends: String...) throws(JinjaError) -> ([Statement], end: String) {
    // As in Python, a colon may end the line.
    _ = skip(":")
    try expect(.blockEnd, "'%}'")
    let body = try statements(until: Set(ends))
    return (body, try name())
  }

  /// Ends the block at hand.
  private mutating func close() throws(JinjaError) { try expect(.blockEnd, "'%}'") }

  private mutating func statement() throws(JinjaError) -> Statement {
    let line = current.line
    let keyword = try name()
    switch keyword {
    case "if": return try branches()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return try macro()
    case "call": return try callBlock()
    case "filter":
      let filter = try filters(around: try filter(of: .variable("")))
      let (statements, _) = try body(until: "endfilter")
      try close()
      return .filterBlock(filter, statements)
    case "with": return try with()
    case "generation":
      let (statements, _) = try body(until: "endgeneration")
      try close()
      return .scope(statements)
    case "break":
      try close()
      return .leave
    case "continue":
      try close()
      return .next
    case "include", "import", "from", "extends", "block", "autoescape", "do", "print", "debug", "trans":
      throw .unsupported(line: line, what: "the block \"\(keyword)\"")
    default: throw .syntax(line: line, found: "the block \"\(keyword)\"", expected: "one that Jinja has, in its place")
    }
  }

  private mutating func branches() throws(JinjaError) -> Statement {
    var branches: [(Expression, [Statement])] = []
    var condition = try tuple(withConditions: false)
    while true {
      let (statements, end) = try body(until: "elif", "else", "endif")
      branches.append((condition, statements))
      switch end {
      case "elif": condition = try tuple(withConditions: false)
      case "else":
        let (otherwise, _) = try body(until: "endif")
        try close()
        return .branches(branches, otherwise: otherwise)
      default:
        try close()
        return .branches(branches, otherwise: [])
      }
    }
  }

  private mutating func loop() throws(JinjaError) -> Statement {
    let target = try target(until: "in")
    guard skipName("in") else { throw unexpected("'in'") }
    let elements = try tuple(withConditions: false)
    let condition = skipName("if") ? try expression() : nil
    let isRecursive = skipName("recursive")
    let (statements, end) = try body(until: "else", "endfor")
    var otherwise: [Statement] = []
    if end == "else" { otherwise = try body(until: "endfor").0 }
    try close()
    return .loop(
      .init(
        target: target, elements: elements, condition: condition, isRecursive: isRecursive, body: statements,
        otherwise: otherwise))
  }

  /// Names with commas between them, in brackets or not.
  private mutating func target(until end: String?) throws(JinjaError) -> Statement.Target {
    var targets: [Statement.Target] = [], isTuple = false
    while true {
      if skip("(") {
        targets.append(try nested { (parser) throws(JinjaError) in try parser.target(until: nil) })
        try expect(")")
      } else {
        let name = try assignable()
        targets.append(.name(name))
      }
      guard skip(",") else { break }
      isTuple = true
      if let end, isName(end) { break }
      if isSign(")") || isSign("=") { break }
    }
    return isTuple || targets.count != 1 ? .tuple(targets) : targets[0]
  }

  private mutating func assignable() throws(JinjaError) -> String {
    let name = try name()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw .syntax(line: current.line, found: "'\(name)'", expected: "a name that can be set")
    }
    return name
  }

  private mutating func assignment() throws(JinjaError) -> Statement {
    var target: Statement.Target
    if case .name(let object) = current.kind, following.kind == .sign(".") {
      advance()
      advance()
      target = .attribute(object, try name())
    } else {
      target = try self.target(until: nil)
    }
    if skip("=") {
      let value = try tuple()
      try close()
      return .set(target, value)
    }
    let filters = isSign("|") ? try filters(around: .variable("")) : nil
    let (statements, _) = try body(until: "endset")
    try close()
    return .setBlock(target, filters: filters, statements)
  }

  private mutating func with() throws(JinjaError) -> Statement {
    var values: [(Statement.Target, Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(",") }
      let target = Statement.Target.name(try assignable())
      try expect("=")
      values.append((target, try expression()))
    }
    let (statements, _) = try body(until: "endwith")
    try close()
    return .with(values, statements)
  }

  private mutating func macro() throws(JinjaError) -> Statement {
    let name = try assignable()
    let outer = namesRead
    namesRead = []
    let parameters = try parameters()
    let (statements, _) = try body(until: "endmacro")
    try close()
    let macro = macro(named: name, parameters, statements)
    namesRead.formUnion(outer)
    return .macro(macro)
  }

  private mutating func callBlock() throws(JinjaError) -> Statement {
    let outer = namesRead
    namesRead = []
    let parameters = isSign("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call else { throw unexpected("a call") }
    let (statements, _) = try body(until: "endcall")
    try close()
    let macro = macro(named: "caller", parameters, statements)
    namesRead.formUnion(outer)
    return .call(macro, call)
  }

  private func macro(
    named name: String, _ parameters: [(name: String, usual: Expression?)], _ body: [Statement]
  ) -> Statement.Macro {
    Statement.Macro(
      name: name, parameters: parameters, body: body, takesMore: namesRead.contains("varargs"),
      takesMoreNamed: namesRead.contains("kwargs"), takesCaller: namesRead.contains("caller"))
  }

  private mutating func parameters() throws(JinjaError) -> [(name: String, usual: Expression?)] {
    try expect("(")
    var parameters: [(String, Expression?)] = []
    while !isSign(")") {
      if !parameters.isEmpty { try expect(",") }
      if isSign(")") { break }
      let name = try assignable()
      let usual = skip("=") ? try expression() : nil
      guard usual != nil || parameters.last?.1 == nil else { throw unexpected("'=' behind '\(name)'") }
      parameters.append((name, usual))
    }
    advance()
    return parameters
  }
}
