/// A value of a template: what Python would have.
package indirect enum JinjaValue {
  /// Something that is not there; the text says what, for messages.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case text(JinjaText)
  case list([JinjaValue])
  case tuple([JinjaValue])
  case dictionary(JinjaDictionary)
  /// A range of integers that is not spelled out.
  case range(JinjaRange)
  /// A namespace, a macro, a loop, a function.
  case object(JinjaObject)

  /// The text of a string.
  package static func string(_ string: String) -> JinjaValue { .text(JinjaText(string)) }

  /// Python's rule of truth.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let elements), .tuple(let elements): !elements.isEmpty
    case .dictionary(let members): members.count > 0
    case .range(let range): range.count > 0
    case .object: true
    }
  }

  /// Python's name of the type, for messages.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .float: "float"
    case .text: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .range: "range"
    case .object(let object): object.typeName
    }
  }

  /// The number that stands for an integer or a truth value; nil for all else.
  var asInteger: Int? {
    switch self {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The number of a numeric value; nil for all else.
  var asDouble: Double? {
    if case .float(let value) = self { return value }
    return asInteger.map(Double.init)
  }

  var asText: JinjaText? {
    if case .text(let text) = self { return text }
    return nil
  }

  var isUndefined: Bool {
    if case .undefined = self { return true }
    return false
  }

  var isNone: Bool {
    if case .none = self { return true }
    return false
  }
}

/// Python's `range`.
package struct JinjaRange: Hashable, Sendable {
  let start: Int
  let step: Int
  let count: Int

  /// The integers from a start towards an end, which is not one of them; nil for a step of 0 and beyond all integers.
  init?(from start: Int, to end: Int, by step: Int) {
    guard step != 0 else { return nil }
    let (distance, overflows) =
      step > 0 ? end.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(end)
    guard !overflows, step != Int.min else { return nil }
    self.start = start
    self.step = step
    let size = abs(step)
    count = distance <= 0 ? 0 : (distance - 1) / size + 1
  }

  subscript(index: Int) -> Int { start + index * step }
}

/// A value with an identity: it is only equal to itself.
package class JinjaObject {
  var typeName: String { "object" }

  /// An attribute; nil where there is none.
  func attribute(_ name: String) -> JinjaValue? { nil }

  /// What a call gives; throws where the object can't be called.
  func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    throw JinjaError.type("'\(typeName)' object is not callable")
  }

  /// The object as text.
  var text: String { "<\(typeName)>" }
}

/// A function of this program.
final class JinjaFunction: JinjaObject {
  private let name: String
  private let body: (JinjaArguments, JinjaEvaluator) throws -> JinjaValue

  init(_ name: String, _ body: @escaping (JinjaArguments, JinjaEvaluator) throws -> JinjaValue) {
    self.name = name
    self.body = body
  }

  override var typeName: String { "function" }
  override func call(_ arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaValue {
    try body(arguments, evaluator)
  }
}

/// The arguments of a call, a filter or a test.
struct JinjaArguments {
  var positional: [JinjaValue] = []
  var named: [(name: String, value: JinjaValue)] = []

  /// The argument of a place or a name; nil where there is none.
  func value(_ place: Int, _ name: String) -> JinjaValue? {
    if place < positional.count { return positional[place] }
    return named.first { $0.name == name }?.value
  }

  /// Refuses more arguments than a function has.
  func check(_ function: String, _ names: [String], atLeast least: Int = 0) throws {
    guard positional.count <= names.count else {
      throw JinjaError.type("\(function)() takes at most \(names.count) arguments (\(positional.count) given)")
    }
    for (name, _) in named {
      guard let place = names.firstIndex(of: name), place >= positional.count else {
        throw JinjaError.type("\(function)() got an unexpected keyword argument '\(name)'")
      }
    }
    for place in 0..<least where value(place, names[place]) == nil {
      throw JinjaError.type("\(function)() missing the argument '\(names[place])'")
    }
  }
}
