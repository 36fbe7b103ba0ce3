/// What names stand for in a block, within the blocks around it.
final class JinjaScope {
  /// What the names of the block stand for; every name that it sets or reads first is among them.
  var values: [String: JinjaValue]
  var isRetained = false
  private let outer: JinjaScope?

  init(_ values: [String: JinjaValue] = [:], in outer: JinjaScope? = nil) {
    self.values = values
    self.outer = outer
  }

  /// What a name stands for in the scope or in the nearest around it; nil where none knows it.
  subscript(name: String) -> JinjaValue? {
    var scope: JinjaScope? = self
    while let current = scope {
      if let value = current.values[name] { return value }
      scope = current.outer
    }
    return nil
  }

  /// Gives the names of the block what they begin as.
  /// - Parameter given: What the template was given, and what every template has.
  func begin(_ names: ScopeNames, given: [String: JinjaValue]) {
    for name in names.given { values[name] = given[name] ?? .undefined("'\(name)'") }
    for name in names.outer { values[name] = outer?[name] ?? .undefined("'\(name)'") }
    for name in names.undefined { values[name] = .undefined("'\(name)'") }
  }
}
