/// Reads tokens as statements and expressions.
struct Parser {
  var tokens: [Token]
  var place = 0
  /// How deep the expression or the block at hand lies in others.
  var depth = 0
  /// The names that the macro at hand reads, to know whether it takes more arguments than it names.
  var namesRead: Set<String> = []
  /// How many loops lie around what is read, within the same macro.
  var loops = 0
  /// How many scopes the template has so far.
  private(set) var scopes = 0
  /// How deep blocks and expressions may lie in one another.
  let limit: Int

  /// The statements of a template's source, and how the names of its scopes begin.
  /// - Parameter depth: How deep blocks and expressions may lie in one another.
  static func template(of source: String, depth: Int) throws(JinjaError) -> (Statement.Block, scopes: [ScopeNames]) {
    var parser = Parser(tokens: try Lexer.tokens(of: source), limit: depth)
    let template = parser.block(try parser.statements(until: []))
    guard parser.current.kind == .end else { throw parser.unexpected("the end") }
    return (template, try ScopeAnalysis.scopes(of: template, count: parser.scopes))
  }

  private init(tokens: [Token], limit: Int) {
    self.tokens = tokens
    self.limit = limit
  }

  /// Statements as a block with a scope of its own.
  mutating func block(_ statements: [Statement]) -> Statement.Block {
    Statement.Block(statements: statements, scope: scope())
  }

  /// The place of a new scope.
  mutating func scope() -> Int {
    defer { scopes += 1 }
    return scopes
  }

  // MARK: Tokens

  var current: Token { tokens[place] }
  var following: Token { tokens[min(place + 1, tokens.count - 1)] }

  mutating func advance() { if place < tokens.count - 1 { place += 1 } }

  func unexpected(_ expected: String) -> JinjaError {
    .syntax(line: current.line, found: current.description, expected: expected)
  }

  func isSign(_ sign: String) -> Bool { current.kind == .sign(sign) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  /// Steps over a sign that stands here.
  mutating func skip(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }

  /// Steps over a name that stands here.
  mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ sign: String) throws(JinjaError) {
    guard skip(sign) else { throw unexpected("'\(sign)'") }
  }

  mutating func expect(_ kind: Token.Kind, _ what: String) throws(JinjaError) {
    guard current.kind == kind else { throw unexpected(what) }
    advance()
  }

  mutating func name() throws(JinjaError) -> String {
    guard case .name(let name) = current.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  /// Reads something that lies in something else.
  mutating func nested<Part>(
    _ read: (inout Parser) throws(JinjaError) -> Part
  ) throws(JinjaError) -> Part {
    guard depth < limit else { throw .limit("levels of depth", limit) }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }
}
