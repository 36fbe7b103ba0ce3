/// `namespace()`: the one thing whose attributes a template may set, from within loops too.
final class JinjaNamespace: JinjaObject, JinjaRetained {
  var isRetained = false
  private var values = JinjaDictionary()

  override var typeName: String { "Namespace" }
  override func attribute(_ name: String) -> JinjaValue? { values[name] }

  /// Sets an attribute.
  /// - Throws: ``JinjaError/type(_:)`` for a name with an underscore before it, which transformers forbids.
  func set(_ name: String, _ value: JinjaValue) throws {
    guard !name.hasPrefix("_") else {
      throw JinjaError.type("a namespace can't have the attribute '\(name)': it begins with an underscore")
    }
    _ = values.set(.string(name), value)
  }

  func release() { values = JinjaDictionary() }

  override func append(to text: inout JinjaText, _ evaluator: JinjaEvaluator, depth: Int) throws {
    text.append("<Namespace ")
    try JinjaValue.dictionary(values).append(to: &text, evaluator, depth: depth + 1)
    text.append(">")
  }
}
