/// A part of a template's source.
struct Token: Hashable, Sendable {
  /// What a token is.
  enum Kind: Hashable, Sendable {
    /// Text that is put out as it is.
    case data(String)
    case blockBegin, blockEnd, variableBegin, variableEnd
    case name(String)
    case string(JinjaText)
    case integer(Int)
    case float(Double)
    /// A sign such as `+` or `==`.
    case sign(String)
    case end
  }

  let kind: Kind
  let line: Int

  /// The token for messages.
  var description: String {
    switch kind {
    case .data: "text"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .sign(let sign): "'\(sign)'"
    case .end: "the end"
    }
  }
}
