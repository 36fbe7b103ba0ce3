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
      let filters = Expression.chain(.variable(""), [try filter()] + (try filters()))
      let (statements, _) = try body(until: "endfilter")
      try close()
      return .filterBlock(filters, block(statements))
    case "with": return try with()
    case "generation":
      let statements = try outsideOfLoops { (parser) throws(JinjaError) in try parser.body(until: "endgeneration").0 }
      try close()
      return .generation(block(statements))
    case "break", "continue":
      guard loops > 0 else { throw .syntax(line: line, found: "'\(keyword)'", expected: "it within a loop") }
      try close()
      return keyword == "break" ? .leave : .next
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
    // The names within are checked too: what Jinja calls `loop` can't be set there.
    loops += 1
    let target = try target(until: "in")
    guard skipName("in") else { throw unexpected("'in'") }
    let elements = try tuple(withConditions: false)
    let condition = skipName("if") ? try expression() : nil
    let isRecursive = skipName("recursive")
    let (statements, end) = try body(until: "else", "endfor")
    loops -= 1
    var otherwise: [Statement] = []
    if end == "else" {
      otherwise =
        isRecursive
        ? try outsideOfLoops { (parser) throws(JinjaError) in try parser.body(until: "endfor").0 }
        : try body(until: "endfor").0
    }
    try close()
    return .loop(
      .init(
        target: target, elements: elements, condition: condition, conditionScope: scope(), isRecursive: isRecursive,
        body: block(statements), otherwise: block(otherwise)))
  }

  /// Reads what a loop around can't be left from: the body of a macro.
  private mutating func outsideOfLoops<Part>(
    _ read: (inout Parser) throws(JinjaError) -> Part
  ) throws(JinjaError) -> Part {
    let outer = loops
    loops = 0
    defer { loops = outer }
    return try read(&self)
  }

  /// Names with commas between them, in brackets or not.
  private mutating func target(
    until end: String?, withAttributes: Bool = false
  ) throws(JinjaError) -> Statement.Target {
    var targets: [Statement.Target] = [], isTuple = false
    while true {
      if skip("(") {
        targets.append(
          try nested { (parser) throws(JinjaError) in
            try parser.target(until: nil, withAttributes: withAttributes)
          })
        try expect(")")
      } else if withAttributes, case .name(let object) = current.kind, following.kind == .sign(".") {
        advance()
        advance()
        namesRead.insert(object)
        targets.append(.attribute(object, try name()))
      } else {
        targets.append(.name(try assignable()))
      }
      guard skip(",") else { break }
      isTuple = true
      if let end, isName(end) { break }
      if isSign(")") || isSign("=") { break }
    }
    return isTuple || targets.count != 1 ? .tuple(targets) : targets[0]
  }

  private mutating func assignable() throws(JinjaError) -> String {
    let line = current.line, name = try name()
    let isFixed = ["true", "false", "none", "True", "False", "None"].contains(name)
    guard !isFixed, name != "loop" || loops == 0 else {
      throw .syntax(line: line, found: "'\(name)'", expected: "a name that can be set")
    }
    return name
  }

  private mutating func assignment() throws(JinjaError) -> Statement {
    let target = try target(until: nil, withAttributes: true)
    if skip("=") {
      let value = try tuple()
      try close()
      return .set(target, value)
    }
    let filters = isSign("|") ? Expression.chain(.variable(""), try filters()) : nil
    let (statements, _) = try body(until: "endset")
    try close()
    return .setBlock(target, filters: filters, block(statements))
  }

  private mutating func with() throws(JinjaError) -> Statement {
    var values: [(Statement.Target, Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(",") }
      let target = try target(until: nil)
      try expect("=")
      values.append((target, try expression()))
    }
    let (statements, _) = try body(until: "endwith")
    try close()
    return .with(values, block(statements))
  }

  private mutating func macro() throws(JinjaError) -> Statement {
    let name = try assignable()
    let outer = namesRead
    namesRead = []
    let parameters = try parameters()
    let statements = try outsideOfLoops { (parser) throws(JinjaError) in try parser.body(until: "endmacro").0 }
    try close()
    let macro = macro(named: name, parameters, statements)
    namesRead = outer.union(namesRead)
    return .macro(macro)
  }

  private mutating func callBlock() throws(JinjaError) -> Statement {
    let outer = namesRead
    namesRead = []
    let parameters = isSign("(") ? try parameters() : []
    let call = try expression()
    guard case .chain(_, let links) = call, case .call = links.last else { throw unexpected("a call") }
    let statements = try outsideOfLoops { (parser) throws(JinjaError) in try parser.body(until: "endcall").0 }
    try close()
    let macro = macro(named: "caller", parameters, statements)
    namesRead = outer.union(namesRead)
    return .call(macro, call)
  }

  private mutating func macro(
    named name: String, _ parameters: [(name: String, usual: Expression?)], _ body: [Statement]
  ) -> Statement.Macro {
    func takes(_ special: String) -> Bool {
      namesRead.contains(special) && !parameters.contains { $0.name == special }
    }
    return Statement.Macro(
      name: name, parameters: parameters, body: block(body), takesMore: takes("varargs"),
      takesMoreNamed: takes("kwargs"), takesCaller: takes("caller"))
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
