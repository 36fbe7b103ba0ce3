/// `loop`, within a `for` block: it also hands out the elements, and looks ahead only when it is asked to, since the
/// loop's condition may depend on what its body does.
final class JinjaLoop: JinjaObject, JinjaRetained {
  var isRetained = false
  private let source: [JinjaValue]
  private let depth: Int
  private let passes: ((JinjaValue) throws -> Bool)?
  private let again: (JinjaValue, Int) throws -> JinjaValue
  /// How many elements of the source were looked at.
  private var looked = 0
  /// The elements that passed so far: those before the one at hand, that one, and those looked at ahead.
  private var passed: [JinjaValue] = []
  private var index = -1
  private var last: JinjaList?

  /// - Parameters:
  ///   - depth: How many loops of a recursive one lie around this one.
  ///   - passes: The loop's condition.
  ///   - again: Runs the loop over other elements, so much deeper: `loop(…)` in a recursive one.
  init(
    _ source: [JinjaValue], depth: Int, passes: ((JinjaValue) throws -> Bool)?,
    again: @escaping (JinjaValue, Int) throws -> JinjaValue
  ) {
    self.source = source
    self.depth = depth
    self.passes = passes
    self.again = again
  }

  override var typeName: String { "LoopContext" }

  private lazy var held = 1 + (source.lazy.map(\.nesting).max() ?? 0)
  override var nesting: Int { held }

  /// Goes on to the next element; nil behind the last.
  func next() throws -> JinjaValue? {
    index += 1
    return try element(index)
  }

  func release() { last = nil }

  private func element(_ index: Int) throws -> JinjaValue? {
    while passed.count <= index, looked < source.count {
      let element = source[looked]
      looked += 1
      if try passes?(element) ?? true { passed.append(element) }
    }
    return index < passed.count ? passed[index] : nil
  }

  private func total() throws -> Int {
    guard passes != nil else { return source.count }
    _ = try element(source.count)
    return passed.count
  }

  override func count() throws -> Int? { try total() }

  override func attribute(_ name: String) throws -> JinjaValue? {
    switch name {
    case "index": return .integer(index + 1)
    case "index0": return .integer(index)
    case "revindex": return .integer(try total() - index)
    case "revindex0": return .integer(try total() - index - 1)
    case "first": return .boolean(index == 0)
    case "last": return .boolean(try element(index + 1) == nil)
    case "length": return .integer(try total())
    case "depth": return .integer(depth + 1)
    case "depth0": return .integer(depth)
    case "previtem": return index > 0 ? passed[index - 1] : .undefined("there is no previous item")
    case "nextitem": return try element(index + 1) ?? .undefined("there is no next item")
    case "cycle":
      return .object(
        JinjaFunction("cycle") { [index] arguments, _ in
          guard !arguments.positional.isEmpty else { throw JinjaError.type("no items for cycling given") }
          return arguments.positional[index % arguments.positional.count]
        })
    case "changed":
      return .object(
        JinjaFunction("changed", nesting: nesting + 1) { [self] arguments, evaluator in
          let values = JinjaList(arguments.positional)
          let isSame = try last.map { try JinjaValue.tuple($0).isEqual(to: .tuple(values), evaluator) } ?? false
          try evaluator.retain(self)
          last = values
          return .boolean(!isSame)
        })
    default: return nil
    }
  }

  override func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    try arguments.check("loop", ["iterable"], atLeast: 1)
    return try again(arguments.value(0, "iterable") ?? .none, depth + 1)
  }
}
