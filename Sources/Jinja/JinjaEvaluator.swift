/// Runs statements: what is put out, what names stand for, and how much was taken.
package final class JinjaEvaluator {
  /// Whether a loop goes on behind some statements.
  enum Flow { case on, leave, next }

  let limits: JinjaLimits
  /// What the template was given, and what every template has.
  private let given: [String: JinjaValue]
  /// How the names of the template's scopes begin.
  private let scopes: [ScopeNames]
  /// The scope at hand.
  private(set) var scope = JinjaScope()
  private var steps = 0
  private var depth = 0
  private var written = JinjaText()
  /// Scopes and namespaces that may hold themselves.
  private var retained: [any JinjaRetained] = []

  init(_ variables: [(String, JinjaValue)], scopes: [ScopeNames], now: JinjaDate, limits: JinjaLimits) {
    self.limits = limits
    self.scopes = scopes
    given = JinjaGlobals.all(now: now).merging(variables) { $1 }
  }

  // MARK: Limits

  /// Counts some work.
  func step(_ count: Int = 1) throws {
    steps += max(0, count)
    guard steps <= limits.steps else { throw JinjaError.limit("steps", limits.steps) }
  }

  /// Refuses a text or a list that is too long, before it is made.
  func check(length: Int) throws {
    guard length <= limits.length else { throw JinjaError.limit("characters", limits.length) }
  }

  /// Counts the making of a text or a list.
  func check(making count: Int) throws {
    try check(length: count)
    try step(count / 8)
  }

  /// Refuses a value in which lists lie too deep; whatever goes through a value relies on that.
  func check(nesting value: JinjaValue) throws {
    guard value.nesting <= limits.nesting else { throw JinjaError.limit("lists within lists", limits.nesting) }
  }

  /// Runs something one level deeper.
  func deeper<Result>(_ run: () throws -> Result) throws -> Result {
    try enter()
    defer { depth -= 1 }
    return try run()
  }

  private func enter() throws {
    guard depth < limits.depth else { throw JinjaError.limit("levels of depth", limits.depth) }
    depth += 1
  }

  /// Keeps what may hold itself, or a chain of its kind of any length, until the end of the run: one that is let go of
  /// link by link takes no stack.
  func retain(_ object: any JinjaRetained) throws {
    guard !object.isRetained else { return }
    try step(16)
    object.isRetained = true
    retained.append(object)
  }

  /// Lets go of all that may hold itself.
  func release() {
    for object in retained { object.release() }
    retained = []
    scope = JinjaScope()
  }

  // MARK: Statements

  /// What a block puts out, and whether it leaves a loop.
  /// - Parameter scope: The block's scope where its names begin as something already.
  func output(of block: Statement.Block, in scope: JinjaScope? = nil) throws -> (text: JinjaText, flow: Flow) {
    let outerText = written, outerScope = self.scope, scope = scope ?? JinjaScope(in: outerScope)
    written = JinjaText()
    try begin(scope, block.scope)
    self.scope = scope
    try enter()
    defer {
      depth -= 1
      written = outerText
      self.scope = outerScope
    }
    let flow = try run(block.statements)
    return (written, flow)
  }

  /// Gives the names of a scope what they begin as.
  /// - Parameter place: Which of the template's scopes it is.
  private func begin(_ scope: JinjaScope, _ place: Int) throws {
    let names = scopes[place]
    try step(names.count)
    scope.begin(names, given: given)
  }

  private func write(_ text: JinjaText) throws {
    try check(length: written.count + text.count)
    try step(1 + text.count / 16)
    written.scalars += text.scalars
  }

  private func run(_ statements: [Statement]) throws -> Flow {
    for statement in statements {
      try step()
      let flow = try run(statement)
      if flow != .on { return flow }
    }
    return .on
  }

  private func run(_ statement: Statement) throws -> Flow {
    switch statement {
    case .data(let text): try write(text)
    case .output(let expression): try write(evaluate(expression).printed(self))
    case .leave: return .leave
    case .next: return .next
    case .branches(let branches, let otherwise): return try run(branches, otherwise)
    case .loop(let loop): return try run(loop, over: evaluate(loop.elements), depth: 0)
    case .set(let target, let value): try assign(evaluate(value), to: target)
    case .setBlock(let target, let filters, let body): return try set(target, filters, body)
    case .macro(let macro):
      try step(macro.parameters.count)
      scope.values[macro.name] = .object(JinjaMacro(macro, in: scope))
      try retain(scope)
    case .call(let macro, let call): try write(self.call(call, caller: macro).printed(self))
    case .filterBlock(let filters, let body): return try run(body, through: filters)
    case .with(let values, let body): return try with(values, body)
    case .generation(let body): try write(output(of: body).text)
    }
    return .on
  }

  private func run(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
  ) throws -> Flow {
    try enter()
    defer { depth -= 1 }
    for branch in branches where try evaluate(branch.condition).isTrue { return try run(branch.body) }
    return try run(otherwise)
  }

  private func set(_ target: Statement.Target, _ filters: Expression?, _ body: Statement.Block) throws -> Flow {
    let (text, flow) = try output(of: body)
    guard flow == .on else { return flow }
    try assign(filters.map { try filtered(text, $0) } ?? .text(text), to: target)
    return .on
  }

  private func run(_ body: Statement.Block, through filters: Expression) throws -> Flow {
    let (text, flow) = try output(of: body)
    guard flow == .on else { return flow }
    guard let result = try filtered(text, filters).asText else {
      throw JinjaError.type("a filter block needs a filter that gives a text")
    }
    try write(result)
    return .on
  }

  /// A text through filters that stand behind the variable of no name.
  private func filtered(_ text: JinjaText, _ filters: Expression) throws -> JinjaValue {
    try evaluate(filters, in: JinjaScope(["": .text(text)], in: scope))
  }

  private func with(_ values: [(target: Statement.Target, value: Expression)], _ body: Statement.Block) throws -> Flow {
    let inner = JinjaScope(in: scope)
    for (target, value) in values { try assign(evaluate(value), to: target, in: inner) }
    let (text, flow) = try output(of: body, in: inner)
    try write(text)
    return flow
  }

  private func assign(_ value: JinjaValue, to target: Statement.Target, in inner: JinjaScope? = nil) throws {
    switch target {
    case .name(let name): (inner ?? scope).values[name] = value
    case .attribute(let object, let name):
      guard case .object(let object)? = scope[object], let namespace = object as? JinjaNamespace else {
        throw JinjaError.type("cannot assign attribute on non-namespace object")
      }
      try namespace.set(name, value)
    case .tuple(let targets):
      let parts = try elements(of: value)
      guard parts.count == targets.count else {
        throw JinjaError.type("\(targets.count) names for \(parts.count) values")
      }
      try step(parts.count)
      for (part, target) in zip(parts, targets) { try assign(part, to: target, in: inner) }
    }
  }

  // MARK: Loops

  /// Runs a loop over what is iterated.
  private func run(_ loop: Statement.Loop, over value: JinjaValue, depth: Int) throws -> Flow {
    let outer = scope
    // The loop can be stored, and holds what is around it.
    try retain(outer)
    defer { scope = outer }
    let state = try JinjaLoop(
      elements(of: value), depth: depth,
      passes: loop.condition.map { condition in
        { [unowned self] element in try passes(element, condition, loop, outer) }
      },
      again: { [unowned self] value, depth in try again(loop, over: value, depth: depth, in: outer) })
    try enter()
    defer { self.depth -= 1 }
    var isEmpty = true
    while let element = try state.next() {
      try step()
      isEmpty = false
      scope = JinjaScope(["loop": .object(state)], in: outer)
      try assign(element, to: loop.target)
      try begin(scope, loop.body.scope)
      if try run(loop.body.statements) == .leave { return .on }
    }
    guard isEmpty, !loop.otherwise.statements.isEmpty else { return .on }
    scope = JinjaScope(in: outer)
    try begin(scope, loop.otherwise.scope)
    return try run(loop.otherwise.statements)
  }

  private func passes(
    _ element: JinjaValue, _ condition: Expression, _ loop: Statement.Loop, _ outer: JinjaScope
  ) throws -> Bool {
    try step()
    let inner = JinjaScope(in: outer)
    try assign(element, to: loop.target, in: inner)
    try begin(inner, loop.conditionScope)
    return try evaluate(condition, in: inner).isTrue
  }

  /// What a recursive loop puts out for other elements.
  private func again(
    _ loop: Statement.Loop, over value: JinjaValue, depth: Int, in outer: JinjaScope
  ) throws -> JinjaValue {
    let outerText = written, calling = scope
    written = JinjaText()
    scope = outer
    defer {
      written = outerText
      scope = calling
    }
    _ = try run(loop, over: value, depth: depth)
    return .text(written)
  }

  /// What Python's iteration gives.
  func elements(of value: JinjaValue) throws -> [JinjaValue] {
    switch value {
    case .list(let list), .tuple(let list):
      try step(list.count / 8)
      return list.elements
    case .text(let text):
      // Each is a text of its own.
      try check(making: text.count)
      try step(text.count / 2)
      return text.scalars.map { .text(JinjaText([$0])) }
    case .dictionary(let members):
      try check(making: members.count)
      return members.members.map(\.key)
    case .range(let range):
      try check(making: range.count)
      return (0..<range.count).map { .integer(range[$0]) }
    case .undefined: return []
    case .object(let object):
      if let elements = try object.elements(self) {
        try step(elements.count / 8)
        return elements
      }
      fallthrough
    case .none, .boolean, .integer, .float:
      throw JinjaError.type("'\(value.typeName)' object is not iterable")
    }
  }

  /// Runs something in another scope.
  func inScope<Result>(_ inner: JinjaScope, _ run: () throws -> Result) throws -> Result {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try run()
  }
}
