package import Compute
package import ModelFiles
package import Stages

/// A part of what stands before an instruction.
package enum PromptPart: Sendable {
  case tokens([Int])
  /// Rows of a soft prompt, `[P, d]`.
  case rows(Matrix)
}

/// One stream of a method: a prompt on a model.
package struct EngineStream {
  /// The model that continues the prompt.
  package enum Model {
    /// The engine's own.
    case target
    /// The engine's own with a low-rank adapter.
    case adapted(LoraAdapterFile)
    /// Another one of the same kind of engine, with the same tokens.
    case other(any Engine)
  }

  package var model: Model
  /// What stands before the instruction.
  package var prompt: [PromptPart]

  package init(on model: Model = .target, prompt: [PromptPart]) {
    self.model = model
    self.prompt = prompt
  }
}

/// A decoding method made ready: its streams, and what combines them.
package struct MethodSetup {
  package var streams: [EngineStream]
  /// What combines them; nil for one stream as it is.
  package var parameters: MethodParameters?

  package init(streams: [EngineStream], parameters: MethodParameters?) {
    self.streams = streams
    self.parameters = parameters
  }

  /// One stream as it is.
  package init(_ prompt: [PromptPart]) { self.init(streams: [EngineStream(prompt: prompt)], parameters: nil) }
}
