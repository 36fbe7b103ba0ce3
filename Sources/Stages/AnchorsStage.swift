/// Makes the anchor pairs: instructions answered under three system prompts, refusals for D_HR.
package struct AnchorsStage: StageSpecification {
  package static let kind = StageKind.anchors

  /// Where the refusals in D_HR come from.
  package enum RefusalSource: String, Sendable, Hashable, Codable, CaseIterable {
    /// A varied set of refusal wordings, for models that almost never refuse by themselves.
    case wordings
    /// The model's own refusals among its sampled answers, as in the paper.
    case sampled
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// How the answers are drawn.
    package var sampling: SamplingParameters
    /// The greatest number of tokens of an answer.
    package var maximumTokens: Int
    /// Where the refusals in D_HR come from.
    package var refusalSource: RefusalSource
    /// How many instructions are taken from the start of each of the two files.
    package var size: Int
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    private enum CodingKeys: String, CodingKey { case maximumTokens, refusalSource, size, precision }

    package init(
      sampling: SamplingParameters, maximumTokens: Int, refusalSource: RefusalSource, size: Int,
      precision: ModelComputation?
    ) {
      self.sampling = sampling
      self.maximumTokens = maximumTokens
      self.refusalSource = refusalSource
      self.size = size
      self.precision = precision
    }

    /// Reads the parameters, those of sampling among them.
    package init(from decoder: any Decoder) throws {
      sampling = try SamplingParameters(from: decoder)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      maximumTokens = try container.decode(Int.self, forKey: .maximumTokens)
      refusalSource = try container.decode(RefusalSource.self, forKey: .refusalSource)
      size = try container.decode(Int.self, forKey: .size)
      precision = try container.decodeIfPresent(ModelComputation.self, forKey: .precision)
    }

    /// Writes the parameters, those of sampling among them.
    package func encode(to encoder: any Encoder) throws {
      try sampling.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(maximumTokens, forKey: .maximumTokens)
      try container.encode(refusalSource, forKey: .refusalSource)
      try container.encode(size, forKey: .size)
      try container.encodeIfPresent(precision, forKey: .precision)
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
    /// The harmless instructions; those on the same lines are their twins.
    package var harmless: Reference<Content.File>
    /// The manual system prompts.
    package var systemPrompts: Reference<Content.File>
    /// The refusal wordings; nil where the model's own refusals are taken.
    package var refusals: Reference<Content.File>?
    /// Refusing phrases that are added to the judge's own; nil for none.
    package var wordings: Reference<Content.File>?

    package init(
      model: ModelReference, harmful: Reference<Content.File>, harmless: Reference<Content.File>,
      systemPrompts: Reference<Content.File>, refusals: Reference<Content.File>?,
      wordings: Reference<Content.File>? = nil
    ) {
      self.wordings = wordings
      self.model = model.weights
      tokenizer = model.tokenizer
      self.harmful = harmful
      self.harmless = harmless
      self.systemPrompts = systemPrompts
      self.refusals = refusals
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs
  /// The seed, where answers are drawn or wordings are dealt out.
  package let seed: Int?

  /// 2: the judge of wording's, which sorts the answers.
  package var version: Int { 2 }

  package init(parameters: Parameters, inputs: Inputs, seed: Int) {
    self.parameters = parameters
    self.inputs = inputs
    let draws = parameters.sampling.temperature > 0 || parameters.refusalSource == .wordings
    self.seed = draws ? seed : nil
  }
}

extension StageKind {
  /// Anchor pairs.
  package static let anchors = StageKind("anchors")
}
