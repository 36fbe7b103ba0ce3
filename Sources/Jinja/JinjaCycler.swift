/// `cycler()`: values in turn.
final class JinjaCycler: JinjaObject {
  private let elements: JinjaList
  private var place = 0

  /// - Parameter elements: The values, of which there is one at least.
  init(_ elements: JinjaList) { self.elements = elements }

  override var typeName: String { "Cycler" }
  override var nesting: Int { elements.nesting }

  override func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "current": return elements[place]
    case "items": return .tuple(elements)
    case "pos": return .integer(place)
    case "next":
      return .object(
        JinjaFunction("next", nesting: nesting + 1) { [self] _, _ in
          defer { place = (place + 1) % elements.count }
          return elements[place]
        })
    case "reset":
      return .object(
        JinjaFunction("reset", nesting: nesting + 1) { [self] _, _ in
          place = 0
          return .none
        })
    default: return nil
    }
  }
}
