/// What `keys()`, `values()` and `items()` of a dictionary give: it can be iterated and counted, but has no places.
final class JinjaView: JinjaObject {
  private let name: String
  private let list: JinjaList

  /// - Parameter name: The method's.
  init(_ name: String, _ elements: [JinjaValue]) {
    self.name = name
    list = JinjaList(elements)
  }

  override var typeName: String { "dict_\(name)" }
  override var nesting: Int { list.nesting }
  override var isTrue: Bool { !list.isEmpty }
  override func count() -> Int? { list.count }
  override func elements(_ evaluator: JinjaEvaluator) -> [JinjaValue]? { list.elements }

  override func append(to text: inout JinjaText, _ evaluator: JinjaEvaluator, depth: Int) throws {
    text.append("\(typeName)(")
    try JinjaValue.list(list).append(to: &text, evaluator, depth: depth + 1)
    text.append(")")
  }
}
