/// The type of a token, numbered as in GGUF's `tokenizer.ggml.token_type`.
enum TokenKind: UInt8, Sendable {
  case undefined = 0
  case normal = 1
  case unknown = 2
  case control = 3
  case userDefined = 4
  case unused = 5
  case byte = 6

  /// Whether the token steers the model and is no part of the text.
  var isSpecial: Bool { self == .control || self == .unknown }

  /// Whether the token is written in plain text, not in the byte-level alphabet, and is cut out of a text before
  /// anything else happens to it.
  var isLiteral: Bool { isSpecial || self == .userDefined }
}
