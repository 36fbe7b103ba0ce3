/// Scores the answers to one evaluation set under the untouched model without a system message: how likely it holds,
/// token by token, what a method made of it.
package struct FluencyStage: StageSpecification {
  package static let kind = StageKind.fluency

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    package init(precision: ModelComputation?) { self.precision = precision }
  }

  /// What the code reads of files and of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The answers.
    package var generations: Reference<GenerationsStage>

    package init(model: ModelReference, generations: Reference<GenerationsStage>) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.generations = generations
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
  /// How likely the untouched model holds answers.
  package static let fluency = StageKind("fluency")
}
