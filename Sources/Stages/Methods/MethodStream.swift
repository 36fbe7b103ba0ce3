/// What stands before the instruction (or around it) in one stream of a decoding method.
package enum StreamPrompt: Sendable, Hashable {
  /// No system message: what the model's users get, with whatever its chat template puts there by itself.
  case absent
  /// An empty system message: the paper's null prompt.
  case null
  /// A manual system prompt of `anchors.systemPrompts`.
  case manual(ManualPrompt)
  /// A tuned soft prompt.
  case tuned(PromptRole)
  /// A fixed system message that belongs to the method itself.
  case fixed(String)
  /// No system message and, before the instruction, some harmful ones with their refusals.
  case demonstrations
  /// No system message, and the instruction between two reminders; either may be left out.
  case reminder(before: Bool, after: Bool)
  /// No system message, and the instruction between two texts that belong to the method itself.
  case enclosed(before: String, after: String)

  /// The manual system prompts by their names in the file.
  package enum ManualPrompt: String, Sendable, Hashable, CaseIterable {
    /// Asks to refuse harm.
    case safe
    /// Asks to answer everything.
    case opposite
    /// The safe prompt with its decisive words turned round.
    case reverse
  }
}

/// The model of one stream.
package enum StreamModel: Sendable, Hashable {
  /// The manifest's `model`.
  case target
  /// The target with the adapter that the manifest's `adapter` section trains.
  case adapted
  /// `decoding.secondModel`.
  case second
  /// `decoding.thirdModel`.
  case third
}

/// What is done to the hidden states of a stream's model, along the refusal direction.
package enum StreamSteering: Sendable, Hashable {
  /// α times the direction is added behind its block.
  case added
  /// The same, for requests alone whose state looks harmful there.
  case addedWhereHarmful
  /// Nothing is left of the direction anywhere.
  case ablated
}

/// One stream of a decoding method: a prompt on a model. The sampled token goes to every stream.
package struct MethodStream: Sendable, Hashable {
  package let prompt: StreamPrompt
  package let model: StreamModel
  /// What is done to the model's hidden states; nil for nothing.
  package let steering: StreamSteering?

  package init(_ prompt: StreamPrompt, on model: StreamModel = .target, steering: StreamSteering? = nil) {
    self.prompt = prompt
    self.model = model
    self.steering = steering
  }
}

/// What combines a method's streams `z₁, z₂, …`; `Decoding` has a file for each.
package enum MethodRule: Sendable, Hashable {
  /// `z₁`.
  case single
  /// `z₁ − α · z₂ / τ`, where the mask lets it.
  case contrast
  /// `(1 + α) · z₁ − α · z₂`, where the mask lets it.
  case extrapolation
  /// `z₁ − α · (z₁ − z₂)`, where the mask lets it.
  case withdrawal
  /// `z₁ + α · (z₂ − z₃)`, where the mask lets it.
  case steering
  /// SafeDecoding: base and expert over the tokens that both hold likely, for the first steps.
  case sharedCandidates
  /// AdaCD: a contrast that is added or subtracted as the streams agree, for the first steps.
  case agreement
  /// `z₁ − α · d · z₂` with the distance `d` of the streams' distributions.
  case divergence
}

extension MethodRule {
  /// Whether α = 0 leaves the first stream as it is.
  var isFirstAloneAtZero: Bool {
    switch self {
    case .single, .contrast, .extrapolation, .withdrawal, .steering, .divergence: true
    case .sharedCandidates, .agreement: false
    }
  }
}
