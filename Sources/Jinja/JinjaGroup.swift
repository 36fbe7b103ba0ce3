/// A group of `groupby`: a pair whose parts have names too.
final class JinjaGroup: JinjaObject {
  private let grouper: JinjaValue
  private let list: JinjaList

  /// - Parameters:
  ///   - grouper: What the elements have in common.
  ///   - list: The elements.
  init(grouper: JinjaValue, list: [JinjaValue]) {
    self.grouper = grouper
    self.list = JinjaList(list)
  }

  /// The group as a plain pair.
  var pair: JinjaList { JinjaList([grouper, .list(list)]) }

  override var typeName: String { "_GroupTuple" }
  override var nesting: Int { pair.nesting }
  override func count() -> Int? { 2 }
  override func elements(_ evaluator: JinjaEvaluator) -> [JinjaValue]? { pair.elements }

  override func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "grouper": grouper
    case "list": .list(list)
    default: nil
    }
  }

  override func append(to text: inout JinjaText, _ evaluator: JinjaEvaluator, depth: Int) throws {
    try JinjaValue.tuple(pair).append(to: &text, evaluator, depth: depth)
  }
}
