/// `loop`, within a `for` block.
final class JinjaLoop: JinjaObject {
  private let elements: [JinjaValue]
  private let depth: Int
  private let again: (JinjaValue, Int) throws -> JinjaValue
  private var last: [JinjaValue]?
  /// The place of the element at hand.
  var index = 0

  /// - Parameter again: Runs the loop over other elements, one level deeper: `loop(…)` in a recursive one.
  init(_ elements: [JinjaValue], depth: Int, again: @escaping (JinjaValue, Int) throws -> JinjaValue) {
    self.elements = elements
    self.depth = depth
    self.again = again
  }

  override var typeName: String { "LoopContext" }

  override func attribute(_ name: String) -> JinjaValue? {
    let count = elements.count
    switch name {
    case "index": return .integer(index + 1)
    case "index0": return .integer(index)
    case "revindex": return .integer(count - index)
    case "revindex0": return .integer(count - index - 1)
    case "first": return .boolean(index == 0)
    case "last": return .boolean(index == count - 1)
    case "length": return .integer(count)
    case "depth": return .integer(depth + 1)
    case "depth0": return .integer(depth)
    case "previtem": return index > 0 ? elements[index - 1] : .undefined("there is no previous item")
    case "nextitem": return index + 1 < count ? elements[index + 1] : .undefined("there is no next item")
    case "cycle":
      return .object(
        JinjaFunction("cycle") { [index] arguments, _ in
          guard !arguments.positional.isEmpty else { throw JinjaError.type("no items for cycling given") }
          return arguments.positional[index % arguments.positional.count]
        })
    case "changed":
      return .object(
        JinjaFunction("changed") { [self] arguments, _ in
          let values = arguments.positional
          let isSame = last.map { JinjaValue.tuple($0).isEqual(to: .tuple(values)) } ?? false
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
