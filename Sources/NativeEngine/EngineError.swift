package import Messages

/// Why a model can't do what it is asked to.
package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A soft prompt of another width: it was tuned for another model.
  case foreignPrompt(found: Int, expected: Int)
  /// A stream's model that runs on another kind of engine.
  case foreignEngine(model: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .foreignPrompt(let found, let expected):
      "The prompts are \(found) wide and the model is \(expected): they were tuned for another model. Name prompts of "
        + "this model, or the model that they were tuned for with --model."
    case .foreignEngine(let model):
      "\(model): it runs on another engine than the target, so their logits can't be combined; run both on the same"
    }
  }
}

extension EngineError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
