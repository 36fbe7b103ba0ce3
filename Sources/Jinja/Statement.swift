/// A part of a template that puts something out, or does something.
indirect enum Statement: Sendable {
  case data(JinjaText)
  case output(Expression)
  case branches([(condition: Expression, body: [Statement])], otherwise: [Statement])
  case loop(Loop)
  /// `break` and `continue`.
  case leave, next
  case set(Target, Expression)
  /// `{% set name | filter %}…{% endset %}`; the filters stand behind the variable of no name.
  case setBlock(Target, filters: Expression?, Block)
  case macro(Macro)
  /// `{% call(arguments) name() %}…{% endcall %}`.
  case call(Macro, Expression)
  /// The filters stand behind the variable of no name.
  case filterBlock(Expression, Block)
  case with([(target: Target, value: Expression)], Block)
  /// `{% generation %}`, which marks its text for training and changes nothing.
  case generation(Block)

  /// Statements with a scope of their own.
  struct Block: Sendable {
    var statements: [Statement]
    /// The place of the scope's names among those of the template: ``ScopeNames``.
    let scope: Int
  }

  /// A `for` block.
  struct Loop: Sendable {
    var target: Target
    var elements: Expression
    var condition: Expression?
    /// The scope of the condition.
    let conditionScope: Int
    var isRecursive: Bool
    var body: Block
    var otherwise: Block
  }

  /// A macro, or the body of a `call` block.
  struct Macro: Sendable {
    var name: String
    var parameters: [(name: String, usual: Expression?)]
    var body: Block
    /// Whether the body reads `varargs`, so that a call may give more than the parameters.
    var takesMore: Bool
    /// Whether the body reads `kwargs`.
    var takesMoreNamed: Bool
    /// Whether the body reads `caller`.
    var takesCaller: Bool
  }

  /// What is assigned to.
  indirect enum Target: Sendable {
    case name(String)
    /// An attribute of a namespace.
    case attribute(String, String)
    case tuple([Target])
  }
}
