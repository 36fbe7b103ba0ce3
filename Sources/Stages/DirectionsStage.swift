/// Finds the refusal direction: the difference of the means of hidden states over harmful and over harmless
/// instructions, at their last token, behind each block (Arditi et al., arXiv 2406.11717, Section 2.3).
///
/// One block's is kept: the one whose direction, found on the first instructions, tells the last ones apart best. (The
/// authors choose by what adding and ablating do to refusals.)
package struct DirectionsStage: StageSpecification {
  package static let kind = StageKind.directions

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// How many instructions are taken from the start of each of the two files.
    package var size: Int
    /// The block whose direction is kept; nil for the one that tells instructions apart best.
    package var block: Int?
    /// The share of instructions, the last ones, that a block is chosen by.
    package var validationShare: Double
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    package init(size: Int, block: Int?, validationShare: Double = 0.2, precision: ModelComputation?) {
      self.size = size
      self.block = block
      self.validationShare = validationShare
      self.precision = precision
    }
  }

  /// What the code reads of files.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The harmful instructions.
    package var harmful: Reference<Content.File>
    /// The harmless instructions.
    package var harmless: Reference<Content.File>

    package init(
      model: ModelReference, harmful: Reference<Content.File>, harmless: Reference<Content.File>
    ) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.harmful = harmful
      self.harmless = harmless
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
  /// The refusal direction.
  package static let directions = StageKind("directions")
}
