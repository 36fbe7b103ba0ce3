/// One value of a GGUF file's metadata. Long lists are kept as plain arrays, not as arrays of cases.
package enum MetadataValue: Sendable, Hashable {
  /// An unsigned integer of 8 to 64 bits.
  case unsigned(UInt64)
  /// A signed integer of 8 to 64 bits.
  case signed(Int64)
  /// A number of 32 or 64 bits.
  case float(Double)
  /// A truth value.
  case bool(Bool)
  /// Text.
  case string(String)
  /// A list of integers of one type, all of which fit an `Int`.
  case integers([Int])
  /// A list of 32-bit numbers.
  case floats([Float])
  /// A list of truth values.
  case booleans([Bool])
  /// A list of texts.
  case strings([String])
  /// A list of anything else: lists, 64-bit numbers, and unsigned integers beyond `Int`.
  case array([MetadataValue])

  /// The number, if this is an integer that fits an `Int`.
  var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// What kind of value this is, as an error message says it.
  var kind: String {
    switch self {
    case .unsigned(let value): "the integer \(value)"
    case .signed(let value): "the integer \(value)"
    case .float(let value): "the number \(value)"
    case .bool(let value): "the truth value \(value)"
    case .string(let value): "the text \(quoted(value))"
    case .integers(let values): "a list of \(values.count) integers"
    case .floats(let values): "a list of \(values.count) numbers"
    case .booleans(let values): "a list of \(values.count) truth values"
    case .strings(let values): "a list of \(values.count) texts"
    case .array(let values): "a list of \(values.count) values"
    }
  }
}
