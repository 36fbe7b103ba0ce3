/// An expression of a template.
indirect enum Expression: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case text(JinjaText)
  case list([Expression])
  case tuple([Expression])
  case dictionary([(key: Expression, value: Expression)])
  case variable(String)
  /// A value with what stands behind it, from left to right: however much there is, nothing lies in another.
  case chain(Expression, [Link])
  case negated(Expression)
  case minus(Expression)
  case plus(Expression)
  /// Operators of one precedence, from left to right.
  case operations(Expression, [(sign: String, right: Expression)])
  /// `~`: the texts of all, one behind the other.
  case concatenated([Expression])
  /// `a < b <= c`.
  case comparison(Expression, [(sign: String, right: Expression)])
  case and([Expression])
  case or([Expression])
  case condition(Expression, then: Expression, otherwise: Expression?)

  /// What stands behind a value.
  enum Link: Sendable {
    /// `.name`: an attribute, else a member.
    case attribute(String)
    /// `[key]`: a member, else an attribute.
    case member(Expression)
    case slice(start: Expression?, end: Expression?, step: Expression?)
    case call(Arguments)
    case filter(String, Arguments, line: Int)
    case test(String, Arguments, isNegated: Bool, line: Int)
  }

  /// The arguments of a call.
  struct Arguments: Sendable {
    /// Those without a name.
    var positional: [Expression] = []
    /// Those with a name.
    var named: [(name: String, value: Expression)] = []
    /// What stands behind `*`.
    var spread: Expression?
    /// What stands behind `**`.
    var spreadNamed: Expression?

    /// Whether there is none.
    var isEmpty: Bool { positional.isEmpty && named.isEmpty && spread == nil && spreadNamed == nil }
  }
}
