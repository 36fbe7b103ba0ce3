extension Parser {
  /// What stands behind a value before any filter: attributes, members, slices and calls.
  mutating func postfixes() throws(JinjaError) -> [Expression.Link] {
    var links: [Expression.Link] = []
    while true {
      if skip(".") {
        if case .integer(let index) = current.kind {
          advance()
          links.append(.member(.integer(index)))
        } else {
          links.append(.attribute(try name()))
        }
      } else if skip("[") {
        links.append(try subscripts())
      } else if isSign("(") {
        links.append(.call(try arguments()))
      } else {
        return links
      }
    }
  }

  private mutating func subscripts() throws(JinjaError) -> Expression.Link {
    var start: Expression?
    if !isSign(":") {
      let key = try expression()
      if skip("]") { return .member(key) }
      if isSign(",") {
        var keys = [key]
        while skip(",") { keys.append(try expression()) }
        try expect("]")
        return .member(.tuple(keys))
      }
      start = key
    }
    try expect(":")
    var end: Expression?, step: Expression?
    if !isSign(":"), !isSign("]") { end = try expression() }
    if skip(":"), !isSign("]") { step = try expression() }
    try expect("]")
    return .slice(start: start, end: end, step: step)
  }

  /// The filters, tests and calls behind a value.
  mutating func filters() throws(JinjaError) -> [Expression.Link] {
    var links: [Expression.Link] = []
    while true {
      if skip("|") {
        links.append(try filter())
      } else if skipName("is") {
        links.append(try test())
      } else if isSign("(") {
        links.append(.call(try arguments()))
      } else {
        return links
      }
    }
  }

  /// A filter, behind its `|`.
  mutating func filter() throws(JinjaError) -> Expression.Link {
    let line = current.line
    let name = try dottedName()
    return .filter(name, isSign("(") ? try arguments() : .init(), line: line)
  }

  private mutating func dottedName() throws(JinjaError) -> String {
    var name = try self.name()
    while skip(".") { name += ".\(try self.name())" }
    return name
  }

  private mutating func test() throws(JinjaError) -> Expression.Link {
    let line = current.line, isNegated = skipName("not")
    let name = try dottedName()
    var arguments = Expression.Arguments()
    if isSign("(") {
      arguments = try self.arguments()
    } else if startsTestArgument {
      guard !isName("is") else { throw unexpected("no second test") }
      let value = try primary(), links = try postfixes()
      arguments.positional = [links.isEmpty ? value : .chain(value, links)]
    }
    return .test(name, arguments, isNegated: isNegated, line: line)
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
