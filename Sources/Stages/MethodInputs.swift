/// What a stage reads that runs a method: the models, and what stands in its streams.
package struct MethodInputs: Sendable, Hashable, Codable {
  /// The target's weights.
  package var model: Reference<Content.Weights>
  /// The target's tokenizer and chat template.
  package var tokenizer: Reference<Content.Tokenizer>
  /// The requests' file.
  package var requests: Reference<Content.File>
  /// What an attack on the requests reads beside them.
  package var attack: Reference<Content.File>?
  /// The manual system prompts, for methods with one.
  package var systemPrompts: Reference<Content.File>?
  /// The demonstrations of In-Context Defense.
  package var demonstrations: Reference<Content.File>?
  package var secondModel: Reference<Content.Weights>?
  /// The second model's tokenizer.
  package var secondTokenizer: Reference<Content.Tokenizer>?
  package var thirdModel: Reference<Content.Weights>?
  /// The third model's tokenizer.
  package var thirdTokenizer: Reference<Content.Tokenizer>?
  /// The trained adapter.
  package var adapter: Reference<AdapterStage>?
  /// The refusal direction.
  package var directions: Reference<DirectionsStage>?
  /// The tuned safeguarding prompt.
  package var safeguarding: Reference<PromptStage>?
  /// The tuned adversarial prompt.
  package var adversarial: Reference<PromptStage>?

  private enum CodingKeys: String, CodingKey {
    case model, tokenizer, requests, attack, systemPrompts, demonstrations, secondModel, thirdModel, adapter, directions
    case secondTokenizer = "secondModel.tokenizer"
    case thirdTokenizer = "thirdModel.tokenizer"
    case safeguarding = "prompt.safeguarding"
    case adversarial = "prompt.adversarial"
  }

  /// The target and the requests; the rest is set where the method needs it.
  package init(model: ModelReference, requests: Reference<Content.File>) {
    self.model = model.weights
    tokenizer = model.tokenizer
    self.requests = requests
  }

  package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }

  /// The model of a stream beside the target; nil for the target, and where there is none.
  package func other(_ model: StreamModel) -> ModelReference? {
    let parts =
      switch model {
      case .target, .adapted: (nil as Reference<Content.Weights>?, nil as Reference<Content.Tokenizer>?)
      case .second: (secondModel, secondTokenizer)
      case .third: (thirdModel, thirdTokenizer)
      }
    guard let weights = parts.0, let tokenizer = parts.1 else { return nil }
    return ModelReference(weights: weights, tokenizer: tokenizer)
  }

  /// Sets the model of a stream beside the target.
  package mutating func setOther(_ model: StreamModel, to reference: ModelReference) {
    switch model {
    case .target, .adapted: break
    case .second: (secondModel, secondTokenizer) = (reference.weights, reference.tokenizer)
    case .third: (thirdModel, thirdTokenizer) = (reference.weights, reference.tokenizer)
    }
  }

  /// The tuned prompt of a role; nil where the method does not use it.
  package subscript(role: PromptRole) -> Reference<PromptStage>? {
    get {
      switch role {
      case .safeguarding: safeguarding
      case .adversarial: adversarial
      }
    }
    set {
      switch role {
      case .safeguarding: safeguarding = newValue
      case .adversarial: adversarial = newValue
      }
    }
  }
}
