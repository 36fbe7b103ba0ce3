/// A macro, with the scope in which it was defined.
final class JinjaMacro: JinjaObject {
  private let macro: Statement.Macro
  private let scope: JinjaScope

  init(_ macro: Statement.Macro, in scope: JinjaScope) {
    self.macro = macro
    self.scope = scope
  }

  private lazy var names = JinjaList(macro.parameters.map { .string($0.name) })

  override var typeName: String { "Macro" }
  override var isCallable: Bool { true }

  override func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "name": .string(macro.name)
    case "arguments": .tuple(names)
    case "catch_varargs": .boolean(macro.takesMore)
    case "catch_kwargs": .boolean(macro.takesMoreNamed)
    case "caller": .boolean(macro.takesCaller)
    default: nil
    }
  }

  override func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    let inner = JinjaScope(in: scope)
    let names = macro.parameters.map(\.name)
    // Each named argument is looked for among all names.
    try evaluator.step(2 * names.count + names.count * arguments.named.count / 16)
    guard arguments.positional.count <= names.count || macro.takesMore else {
      throw JinjaError.type("macro '\(macro.name)' takes not more than \(names.count) argument(s)")
    }
    for name in names { inner.values[name] = .undefined("parameter '\(name)' was not provided") }
    var more = JinjaDictionary(), given = Set(names.prefix(arguments.positional.count))
    for (name, value) in arguments.named {
      if let place = names.firstIndex(of: name) {
        guard place >= arguments.positional.count else {
          throw JinjaError.type("macro '\(macro.name)' got multiple values for argument '\(name)'")
        }
        inner.values[name] = value
        given.insert(name)
      } else if name == "caller", macro.takesCaller {
        inner.values[name] = value
      } else if macro.takesMoreNamed {
        _ = more.set(.string(name), value)
      } else {
        throw JinjaError.type("macro '\(macro.name)' takes no keyword argument '\(name)'")
      }
    }
    for (name, value) in zip(names, arguments.positional) { inner.values[name] = value }
    for (name, usual) in macro.parameters where !given.contains(name) {
      guard let usual else { continue }
      inner.values[name] = try evaluator.evaluate(usual, in: inner)
    }
    if macro.takesCaller, inner.values["caller"] == nil { inner.values["caller"] = .undefined("No caller defined") }
    if macro.takesMore { inner.values["varargs"] = .tuple(Array(arguments.positional.dropFirst(names.count))) }
    if macro.takesMoreNamed { inner.values["kwargs"] = .dictionary(more) }
    return .text(try evaluator.output(of: macro.body, in: inner).text)
  }
}
