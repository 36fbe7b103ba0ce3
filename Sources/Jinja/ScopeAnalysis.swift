/// Finds how the names of every scope of a template begin, and filters and tests that do not exist: what Jinja does
/// before it runs a template.
struct ScopeAnalysis {
  private var scopes: [ScopeNames]
  /// How many names may still be taken from one scope to another: as many as there are, in each branch and each block.
  private var names = JinjaLimits.standard.steps

  /// The names of all scopes, by the scopes' places.
  static func scopes(of template: Statement.Block, count: Int) throws(JinjaError) -> [ScopeNames] {
    var analysis = ScopeAnalysis(scopes: Array(repeating: ScopeNames(), count: count))
    try analysis.run(template, ScopeSymbols(outer: []))
    return analysis.scopes
  }

  /// Meets the names of a block in the order in which Jinja does, and then those of the blocks within.
  private mutating func run(_ block: Statement.Block, _ symbols: ScopeSymbols) throws(JinjaError) {
    var symbols = symbols
    try meet(block.statements, &symbols, isConditional: false)
    scopes[block.scope] = symbols.names
    if symbols.count > 0 { try count(symbols.outer.count + symbols.count) }
    try descend(block.statements, symbols.all)
  }

  private mutating func count(_ taken: Int) throws(JinjaError) {
    names -= taken
    guard names >= 0 else { throw .limit("steps", JinjaLimits.standard.steps) }
  }

  // MARK: The names of one scope

  private mutating func meet(
    _ statements: [Statement], _ symbols: inout ScopeSymbols, isConditional: Bool
  ) throws(JinjaError) {
    for statement in statements {
      switch statement {
      case .data, .leave, .next, .generation: break
      case .output(let expression): try meet(expression, &symbols, isConditional)
      case .branches(let branches, let otherwise): try meet(branches[...], otherwise, &symbols)
      case .loop(let loop): try meet(loop.elements, &symbols, isConditional)
      case .set(let target, let value):
        try meet(value, &symbols, isConditional)
        meet(target, &symbols)
      case .setBlock(let target, let filters, _):
        if let filters { try meet(filters, &symbols, false) }
        meet(target, &symbols)
      case .macro(let macro): symbols.store(macro.name)
      case .call(_, let call): try meet(call, &symbols, isConditional)
      case .filterBlock(let filters, _): try meet(filters, &symbols, false)
      case .with(let values, _):
        for (_, value) in values { try meet(value, &symbols, isConditional) }
      }
    }
  }

  private mutating func meet(
    _ branches: ArraySlice<(condition: Expression, body: [Statement])>, _ otherwise: [Statement],
    _ symbols: inout ScopeSymbols
  ) throws(JinjaError) {
    guard let first = branches.first else { return try meet(otherwise, &symbols, isConditional: true) }
    try meet(first.condition, &symbols, true)
    var met = [symbols, symbols, symbols]
    try meet(first.body, &met[0], isConditional: true)
    for branch in branches.dropFirst() {
      // Each `elif` is a block of its own for Jinja, behind those before it.
      try meet(branch.condition, &met[1], true)
      var body = met[1]
      try meet(branch.body, &body, isConditional: true)
      try count(body.count)
      met[1].join([body])
    }
    try meet(otherwise, &met[2], isConditional: true)
    for branch in met { try count(branch.count) }
    symbols.join(met)
  }

  private func meet(_ target: Statement.Target, _ symbols: inout ScopeSymbols, isParameter: Bool = false) {
    switch target {
    case .name(let name): if isParameter { symbols.declare(name) } else { symbols.store(name) }
    case .attribute(let object, _): symbols.load(object)
    case .tuple(let targets): for target in targets { meet(target, &symbols, isParameter: isParameter) }
    }
  }

  // MARK: The scopes within

  private mutating func descend(_ statements: [Statement], _ outer: Set<String>) throws(JinjaError) {
    for statement in statements {
      switch statement {
      case .data, .output, .set, .leave, .next: break
      case .branches(let branches, let otherwise):
        for branch in branches { try descend(branch.body, outer) }
        try descend(otherwise, outer)
      case .loop(let loop): try run(loop, outer)
      case .macro(let macro), .call(let macro, _): try run(macro, outer)
      case .with(let values, let body):
        var symbols = ScopeSymbols(outer: outer)
        for (target, _) in values { meet(target, &symbols, isParameter: true) }
        try run(body, symbols)
      case .setBlock(_, _, let body), .filterBlock(_, let body), .generation(let body):
        try run(body, ScopeSymbols(outer: outer))
      }
    }
  }

  private mutating func run(_ loop: Statement.Loop, _ outer: Set<String>) throws(JinjaError) {
    var symbols = ScopeSymbols(outer: outer)
    symbols.declare("loop")
    meet(loop.target, &symbols, isParameter: true)
    try run(loop.body, symbols)
    try run(loop.otherwise, ScopeSymbols(outer: outer))
    guard let condition = loop.condition else { return }
    symbols = ScopeSymbols(outer: outer)
    meet(loop.target, &symbols, isParameter: true)
    try meet(condition, &symbols, false)
    scopes[loop.conditionScope] = symbols.names
  }

  private mutating func run(_ macro: Statement.Macro, _ outer: Set<String>) throws(JinjaError) {
    var symbols = ScopeSymbols(outer: outer)
    for (name, _) in macro.parameters { symbols.declare(name) }
    if macro.takesCaller { symbols.declare("caller") }
    if macro.takesMore { symbols.declare("varargs") }
    if macro.takesMoreNamed { symbols.declare("kwargs") }
    for (_, usual) in macro.parameters {
      if let usual { try meet(usual, &symbols, false) }
    }
    try run(macro.body, symbols)
  }

  // MARK: Expressions

  private func meet(
    _ expression: Expression, _ symbols: inout ScopeSymbols, _ isConditional: Bool
  ) throws(JinjaError) {
    switch expression {
    case .none, .boolean, .integer, .float, .text: break
    case .variable(let name): if !name.isEmpty { symbols.load(name) }
    case .list(let parts), .tuple(let parts), .concatenated(let parts), .and(let parts), .or(let parts):
      for part in parts { try meet(part, &symbols, isConditional) }
    case .dictionary(let members):
      for (key, value) in members {
        try meet(key, &symbols, isConditional)
        try meet(value, &symbols, isConditional)
      }
    case .negated(let value), .minus(let value), .plus(let value): try meet(value, &symbols, isConditional)
    case .operations(let first, let operations), .comparison(let first, let operations):
      try meet(first, &symbols, isConditional)
      for (_, right) in operations { try meet(right, &symbols, isConditional) }
    case .condition(let condition, let then, let otherwise):
      try meet(condition, &symbols, true)
      try meet(then, &symbols, true)
      if let otherwise { try meet(otherwise, &symbols, true) }
    case .chain(let value, let links):
      try meet(value, &symbols, isConditional)
      for link in links { try meet(link, &symbols, isConditional) }
    }
  }

  private func meet(
    _ link: Expression.Link, _ symbols: inout ScopeSymbols, _ isConditional: Bool
  ) throws(JinjaError) {
    switch link {
    case .attribute: break
    case .member(let key): try meet(key, &symbols, isConditional)
    case .slice(let start, let end, let step):
      for bound in [start, end, step] {
        if let bound { try meet(bound, &symbols, isConditional) }
      }
    case .call(let arguments): try meet(arguments, &symbols, isConditional)
    case .filter(let name, let arguments, let line):
      // Where a condition stands before it, the template may run without it.
      guard isConditional || JinjaEvaluator.filters.contains(name) else {
        throw .unsupported(line: line, what: "the filter '\(name)'")
      }
      try meet(arguments, &symbols, isConditional)
    case .test(let name, let arguments, _, let line):
      guard isConditional || JinjaEvaluator.tests.contains(name) else {
        throw .unsupported(line: line, what: "the test '\(name)'")
      }
      try meet(arguments, &symbols, isConditional)
    }
  }

  private func meet(
    _ arguments: Expression.Arguments, _ symbols: inout ScopeSymbols, _ isConditional: Bool
  ) throws(JinjaError) {
    for value in arguments.positional { try meet(value, &symbols, isConditional) }
    for (_, value) in arguments.named { try meet(value, &symbols, isConditional) }
    if let spread = arguments.spread { try meet(spread, &symbols, isConditional) }
    if let spread = arguments.spreadNamed { try meet(spread, &symbols, isConditional) }
  }
}
