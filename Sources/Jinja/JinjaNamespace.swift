/// `namespace()`: the one thing whose attributes a template may set, from within loops too.
final class JinjaNamespace: JinjaObject {
  var values: [String: JinjaValue] = [:]

  override var typeName: String { "Namespace" }
  override func attribute(_ name: String) -> JinjaValue? { values[name] }
}

/// `cycler()`.
final class JinjaCycler: JinjaObject {
  private let elements: [JinjaValue]
  private var place = 0

  init(_ elements: [JinjaValue]) { self.elements = elements }

  override var typeName: String { "Cycler" }

  override func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "current": return elements[place]
    case "next":
      return .object(
        JinjaFunction("next") { [self] _, _ in
          defer { place = (place + 1) % elements.count }
          return elements[place]
        })
    case "reset":
      return .object(
        JinjaFunction("reset") { [self] _, _ in
          place = 0
          return .none
        })
    default: return nil
    }
  }
}
