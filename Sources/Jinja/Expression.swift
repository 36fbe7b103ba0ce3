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
  /// `object.name`: an attribute, else a member.
  case attribute(Expression, String)
  /// `object[key]`: a member, else an attribute.
  case member(Expression, Expression)
  case slice(Expression, start: Expression?, end: Expression?, step: Expression?)
  case call(Expression, Arguments)
  /// A filter; without a value, that of a filter block.
  case filter(String, Expression, Arguments)
  case test(String, Expression, Arguments)
  case negated(Expression)
  case minus(Expression)
  case plus(Expression)
  /// Operators of one precedence, from left to right: however many there are, none lies in another.
  case operations(Expression, [(sign: String, right: Expression)])
  /// `~`: the texts of all, one behind the other.
  case concatenated([Expression])
  /// `a < b <= c`.
  case comparison(Expression, [(sign: String, right: Expression)])
  case and([Expression])
  case or([Expression])
  case condition(Expression, then: Expression, otherwise: Expression?)

  /// The arguments of a call.
  struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// What stands behind `*`.
    var spread: Expression?
    /// What stands behind `**`.
    var spreadNamed: Expression?
  }
}
