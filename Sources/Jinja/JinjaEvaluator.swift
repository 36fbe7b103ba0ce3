/// Runs statements: what is put out, what names stand for, and how much was taken.
package final class JinjaEvaluator {
  /// The names of a block, within those of the blocks around it.
  final class Scope {
    var values: [String: JinjaValue]
    let parent: Scope?

    init(_ values: [String: JinjaValue] = [:], in parent: Scope? = nil) {
      self.values = values
      self.parent = parent
    }

    subscript(name: String) -> JinjaValue? {
      var scope: Scope? = self
      while let current = scope {
        if let value = current.values[name] { return value }
        scope = current.parent
      }
      return nil
    }
  }

  /// Whether a loop goes on behind some statements.
  private enum Flow { case on, leave, next }

  let limits: JinjaLimits
  private(set) var scope: Scope
  private var steps = 0
  private var depth = 0
  private var written = JinjaText()

  init(_ variables: [(String, JinjaValue)], now: JinjaDate, limits: JinjaLimits) {
    self.limits = limits
    scope = Scope(Dictionary(variables) { $1 }, in: Scope(JinjaGlobals.all(now: now)))
  }

  // MARK: Limits

  /// Counts some work.
  func step(_ count: Int = 1) throws {
    steps += count
    guard steps <= limits.steps else { throw JinjaError.limit("steps", limits.steps) }
  }

  /// Refuses a text that is too long, before it is made.
  func check(length: Int) throws {
    guard length <= limits.length else { throw JinjaError.limit("characters", limits.length) }
  }

  /// Counts the making of a text or a list.
  func check(making count: Int) throws {
    try check(length: count)
    try step(count / 16)
  }

  /// Runs something one level deeper.
  func deeper<Result>(_ run: () throws -> Result) throws -> Result {
    guard depth < limits.depth else { throw JinjaError.limit("levels of depth", limits.depth) }
    depth += 1
    defer { depth -= 1 }
    return try run()
  }

  // MARK: Statements

  /// What some statements put out, in a scope of their own.
  func output(of statements: [Statement], in scope: Scope? = nil) throws -> JinjaText {
    let outerText = written, outerScope = self.scope
    written = JinjaText()
    self.scope = scope ?? Scope(in: outerScope)
    defer {
      written = outerText
      self.scope = outerScope
    }
    _ = try deeper { try run(statements) }
    return written
  }

  private func write(_ text: JinjaText) throws {
    try check(length: written.count + text.count)
    try step(1 + text.count / 16)
    written.scalars += text.scalars
  }

  private func run(_ statements: [Statement]) throws -> Flow {
    for statement in statements {
      try step()
      switch statement {
      case .data(let text): try write(text)
      case .output(let expression): try write(evaluate(expression).printed(self))
      case .leave: return .leave
      case .next: return .next
      case .branches(let branches, let otherwise):
        let flow = try deeper { try run(chosen(branches, otherwise)) }
        if flow != .on { return flow }
      case .loop(let loop): try run(loop, over: evaluate(loop.elements), depth: 0)
      case .set(let target, let value): try assign(evaluate(value), to: target)
      case .setBlock(let target, let filters, let body): try set(target, filters, body)
      case .macro(let macro): scope.values[macro.name] = .object(JinjaMacro(macro, in: scope))
      case .call(let macro, let call): try write(self.call(call, caller: macro).printed(self))
      case .filterBlock(let filter, let body):
        guard let text = try filtered(output(of: body), filter).asText else {
          throw JinjaError.type("a filter block needs a filter that gives a text")
        }
        try write(text)
      case .with(let values, let body): try with(values, body)
      case .scope(let body): try write(output(of: body))
      }
    }
    return .on
  }

  private func chosen(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
  ) throws -> [Statement] {
    for branch in branches where try evaluate(branch.condition).isTrue { return branch.body }
    return otherwise
  }

  private func set(_ target: Statement.Target, _ filters: Expression?, _ body: [Statement]) throws {
    let text = try output(of: body)
    try assign(filters.map { try filtered(text, $0) } ?? .text(text), to: target)
  }

  /// A text through filters that stand around the variable of no name.
  private func filtered(_ text: JinjaText, _ filters: Expression) throws -> JinjaValue {
    let outer = scope
    scope = Scope(["": .text(text)], in: outer)
    defer { scope = outer }
    return try evaluate(filters)
  }

  private func with(_ values: [(target: Statement.Target, value: Expression)], _ body: [Statement]) throws {
    let outer = scope, inner = Scope(in: outer)
    for (target, value) in values {
      let value = try evaluate(value)
      scope = inner
      defer { scope = outer }
      try assign(value, to: target)
    }
    try write(output(of: body, in: inner))
  }

  func assign(_ value: JinjaValue, to target: Statement.Target) throws {
    switch target {
    case .name(let name): scope.values[name] = value
    case .attribute(let object, let name):
      guard case .object(let object)? = scope[object], let namespace = object as? JinjaNamespace else {
        throw JinjaError.type("cannot assign attribute on non-namespace object")
      }
      namespace.values[name] = value
    case .tuple(let targets):
      let parts = try elements(of: value)
      guard parts.count == targets.count else {
        throw JinjaError.type("\(targets.count) names for \(parts.count) values")
      }
      for (part, target) in zip(parts, targets) { try assign(part, to: target) }
    }
  }

  // MARK: Loops

  /// Runs a loop over what is iterated.
  func run(_ loop: Statement.Loop, over value: JinjaValue, depth: Int) throws {
    let outer = scope
    defer { scope = outer }
    var elements = try self.elements(of: value)
    if let condition = loop.condition {
      elements = try elements.filter { element in
        try step()
        scope = Scope(in: outer)
        try assign(element, to: loop.target)
        return try evaluate(condition).isTrue
      }
      scope = outer
    }
    let state = JinjaLoop(elements, depth: depth) { [self] value, depth in
      let outerText = written, calling = scope
      written = JinjaText()
      scope = outer
      defer {
        written = outerText
        scope = calling
      }
      try deeper { try run(loop, over: value, depth: depth) }
      return .text(written)
    }
    try deeper {
      for index in elements.indices {
        try step()
        state.index = index
        scope = Scope(["loop": .object(state)], in: outer)
        try assign(elements[index], to: loop.target)
        if try run(loop.body) == .leave { break }
      }
      guard elements.isEmpty else { return }
      scope = Scope(in: outer)
      _ = try run(loop.otherwise)
    }
  }

  /// What Python's iteration gives.
  func elements(of value: JinjaValue) throws -> [JinjaValue] {
    switch value {
    case .list(let elements), .tuple(let elements):
      return elements
    case .text(let text):
      try check(making: text.count)
      return text.scalars.map { .text(JinjaText([$0])) }
    case .dictionary(let members): return members.members.map(\.key)
    case .range(let range):
      try check(making: range.count)
      return (0..<range.count).map { .integer(range[$0]) }
    case .undefined: return []
    case .object(let object):
      if let generator = object as? JinjaGenerator { return generator.take() }
      if let group = object as? JinjaGroup { return group.pair }
      fallthrough
    case .none, .boolean, .integer, .float:
      throw JinjaError.type("'\(value.typeName)' object is not iterable")
    }
  }

  /// Evaluates in another scope.
  func evaluate(_ expression: Expression, in scope: Scope) throws -> JinjaValue {
    let outer = self.scope
    self.scope = scope
    defer { self.scope = outer }
    return try evaluate(expression)
  }
}
