/// A value with an identity: it is only equal to itself.
package class JinjaObject {
  /// Python's name of the type.
  var typeName: String { "object" }

  /// How many lists, tuples and dictionaries lie in one another within the object. What the run retains counts as none.
  var nesting: Int { 0 }

  /// Python's rule of truth.
  var isTrue: Bool { true }

  /// Whether `is callable`.
  var isCallable: Bool { false }

  /// How many elements there are; nil where that can't be asked.
  func count() throws -> Int? { nil }

  /// What iteration gives; nil where there is none.
  func elements(_ evaluator: JinjaEvaluator) throws -> [JinjaValue]? { nil }

  /// An attribute; nil where there is none.
  func attribute(_ name: String) throws -> JinjaValue? { nil }

  /// What a call gives; throws where the object can't be called.
  func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    throw JinjaError.type("'\(typeName)' object is not callable")
  }

  /// Puts Python's `repr` behind a text; where Python tells an address, there is none.
  func append(to text: inout JinjaText, _ evaluator: JinjaEvaluator, depth: Int) throws { text.append("<\(typeName)>") }
}

/// A function of this program.
final class JinjaFunction: JinjaObject {
  private let name: String
  private let held: Int
  private let body: (JinjaArguments, JinjaEvaluator) throws -> JinjaValue

  /// - Parameter nesting: That of the values that the body holds.
  init(_ name: String, nesting: Int = 0, _ body: @escaping (JinjaArguments, JinjaEvaluator) throws -> JinjaValue) {
    self.name = name
    held = nesting
    self.body = body
  }

  override var typeName: String { "function" }
  override var nesting: Int { held }
  override var isCallable: Bool { true }

  override func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    try body(arguments, evaluator)
  }
}
