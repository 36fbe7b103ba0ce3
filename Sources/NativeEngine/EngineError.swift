package import Messages

/// Why a model can't do what it is asked to.
package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A soft prompt of another width: it was tuned for another model.
  case foreignPrompt(found: Int, expected: Int)
  /// A stream's model that runs on another kind of engine.
  case foreignEngine(model: String)
  /// A model whose texts neither ours nor its own library can read.
  case unreadableTexts(ours: String, own: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .foreignPrompt(let found, let expected):
      "The prompts are \(found) wide and the model is \(expected): they were tuned for another model. Name prompts of "
        + "this model, or the model that they were tuned for with --model."
    case .foreignEngine(let model):
      "\(model): it runs on another engine than the target, so their logits can't be combined; run both on the same"
    case .unreadableTexts(let ours, let own): "\(ours); \(own)"
    }
  }
}

extension EngineError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
