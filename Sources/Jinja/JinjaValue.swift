/// A value of a template: what Python would have.
package enum JinjaValue {
  /// Something that is not there; the text says what, for messages.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case text(JinjaText)
  case list(JinjaList)
  case tuple(JinjaList)
  case dictionary(JinjaDictionary)
  /// A range of integers that is not spelled out.
  case range(JinjaRange)
  /// A namespace, a macro, a loop, a function.
  case object(JinjaObject)

  /// The text of a string.
  package static func string(_ string: String) -> JinjaValue { .text(JinjaText(string)) }

  /// A list of elements.
  package static func list(_ elements: [JinjaValue]) -> JinjaValue { .list(JinjaList(elements)) }

  /// A tuple of elements.
  package static func tuple(_ elements: [JinjaValue]) -> JinjaValue { .tuple(JinjaList(elements)) }

  /// How many lists, tuples and dictionaries lie in one another.
  var nesting: Int {
    switch self {
    case .list(let list), .tuple(let list): list.nesting
    case .dictionary(let members): members.nesting
    case .object(let object): object.nesting
    case .undefined, .none, .boolean, .integer, .float, .text, .range: 0
    }
  }

  /// How much there is to go through: characters of a text, elements of a list.
  var size: Int {
    switch self {
    case .text(let text): text.count
    case .list(let list), .tuple(let list): list.count
    case .dictionary(let members): members.count
    case .range(let range): range.count
    case .undefined, .none, .boolean, .integer, .float, .object: 1
    }
  }

  /// How much there is to go through to look a value up as a key.
  var keySize: Int { JinjaKey.size(of: self) }

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
    case .object(let object): object.isTrue
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

  /// The text of a string; nil for all else.
  var asText: JinjaText? {
    if case .text(let text) = self { return text }
    return nil
  }

  /// Whether the value is not there.
  var isUndefined: Bool {
    if case .undefined = self { return true }
    return false
  }

  /// Whether the value is `None`.
  var isNone: Bool {
    if case .none = self { return true }
    return false
  }
}
