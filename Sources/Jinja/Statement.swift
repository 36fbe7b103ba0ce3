/// A part of a template that puts something out, or does something.
indirect enum Statement: Sendable {
  case data(JinjaText)
  case output(Expression)
  case branches([(condition: Expression, body: [Statement])], otherwise: [Statement])
  case loop(Loop)
  /// `break` and `continue`.
  case leave, next
  case set(Target, Expression)
  /// `{% set name | filter %}…{% endset %}`; the filters stand around ``Expression/variable(_:)`` of no name.
  case setBlock(Target, filters: Expression?, [Statement])
  case macro(Macro)
  /// `{% call(arguments) name() %}…{% endcall %}`.
  case call(Macro, Expression)
  case filterBlock(Expression, [Statement])
  case with([(target: Target, value: Expression)], [Statement])
  /// A block with a scope of its own that changes nothing: `{% generation %}`.
  case scope([Statement])

  /// A `for` block.
  struct Loop: Sendable {
    var target: Target
    var elements: Expression
    var condition: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
  }

  /// A macro, or the body of a `call` block.
  struct Macro: Sendable {
    var name: String
    var parameters: [(name: String, usual: Expression?)]
    var body: [Statement]
    /// Whether the body names them, so that a call may give more than the parameters.
    var takesMore: Bool
    var takesMoreNamed: Bool
    var takesCaller: Bool
  }

  /// What is assigned to.
  indirect enum Target: Sendable {
    case name(String)
    case attribute(String, String)
    case tuple([Target])
  }
}
