/// Finds the directions of a model's hidden states along which its refusals and the harm of requests show: principal
/// components of the states of the anchors' instructions under their system prompts, and two logistic regressions on
/// them (Zheng et al., arXiv 2401.18018, Section 3).
package struct RepresentationStage: StageSpecification {
  package static let kind = StageKind.representation

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// The number of principal components.
    package var components: Int
    /// How exact the model's products are; nil for single precision.
    package var precision: ModelComputation?

    package init(components: Int, precision: ModelComputation?) {
      self.components = components
      self.precision = precision
    }
  }

  /// What the code reads of files and of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The instructions, their answers, and which of these refuse.
    package var anchors: Reference<AnchorsStage>
    /// The manual system prompts, under which the anchors were answered.
    package var systemPrompts: Reference<Content.File>

    package init(
      model: ModelReference, anchors: Reference<AnchorsStage>, systemPrompts: Reference<Content.File>
    ) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.anchors = anchors
      self.systemPrompts = systemPrompts
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// The directions of refusing and of harm.
  package static let representation = StageKind("representation")
}
