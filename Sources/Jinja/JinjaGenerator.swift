/// What Python's generators are: elements that can be iterated once, and have no length.
final class JinjaGenerator: JinjaObject {
  private var rest: ArraySlice<JinjaValue>
  private let held: Int

  /// - Parameter elements: All elements.
  init(_ elements: [JinjaValue]) {
    rest = elements[...]
    held = elements.lazy.map(\.nesting).max() ?? 0
  }

  override var typeName: String { "generator" }
  override var nesting: Int { 1 + held }

  /// The elements, of which none is left then.
  override func elements(_ evaluator: JinjaEvaluator) -> [JinjaValue]? {
    defer { rest = [] }
    return Array(rest)
  }

  /// The first element, which is not there any more then.
  func next() -> JinjaValue? { rest.popFirst() }
}
