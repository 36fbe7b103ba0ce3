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
  /// What is done to the model's hidden states.
  package var edits: [StateEdit]
  /// Which requests it is done for; nil for all.
  package var gate: StateGate?

  package init(
    on model: Model = .target, prompt: [PromptPart], edits: [StateEdit] = [], gate: StateGate? = nil
  ) {
    self.model = model
    self.prompt = prompt
    self.edits = edits
    self.gate = gate
  }
}

/// Lets a request through by its hidden state behind a block, at its last token, before anything is done to it: where
/// the state's product with a direction is above a threshold.
package struct StateGate: Sendable {
  /// The number of blocks that have run.
  package var block: Int
  /// r, `[width]`.
  package var direction: [Float]
  package var threshold: Double

  package init(block: Int, direction: [Float], threshold: Double) {
    self.block = block
    self.direction = direction
    self.threshold = threshold
  }

  /// The product of a state `[width]` with the direction.
  package func product(with state: [Float]) -> Double {
    zip(state, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Whether a state `[width]` is let through.
  package func isOpen(for state: [Float]) -> Bool { product(with: state) > threshold }
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
