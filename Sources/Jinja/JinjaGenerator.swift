/// What Python's generators are: elements that can be iterated once, and have no length.
final class JinjaGenerator: JinjaObject {
  private var elements: [JinjaValue]

  init(_ elements: [JinjaValue]) { self.elements = elements }

  override var typeName: String { "generator" }

  /// The elements, of which none is left then.
  func take() -> [JinjaValue] {
    defer { elements = [] }
    return elements
  }

  /// The first element, which is not there any more then.
  func next() -> JinjaValue? { elements.isEmpty ? nil : elements.removeFirst() }
}
