/// Measures how likely a model holds what it writes itself in answer to one evaluation set's requests, and where noise
/// begins beyond that.
///
/// The model is the untouched one, and the conversation that of its users: the request without a system message. The
/// answers are drawn at temperature 1, as its own distribution has them; greedy ones are likelier than text that is
/// well written. Refusals in fixed words are scored beside them: a model that never refuses holds refusals unlikely,
/// and they must not pass for noise.
package struct TypicalityStage: StageSpecification {
  package static let kind = StageKind.typicality

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// Which requests are answered.
    package var requests: RequestSelection
    /// How many answers are drawn; where there are fewer requests, some are answered more than once.
    package var answers = 80
    /// The greatest number of tokens of an answer, and of a refusal.
    package var maximumTokens = 16
    /// The fewest tokens that a mean is taken over: in a shorter text one rare name would decide.
    package var minimumTokens = 8
    /// The share of the model's own answers that may lie beyond the bound.
    package var ownShare = 0.025
    /// The share of the refusals that may.
    package var refusalShare = 0.05
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    private enum CodingKeys: String, CodingKey {
      case answers, maximumTokens, minimumTokens, ownShare, refusalShare, precision
    }

    package init(requests: RequestSelection, precision: ModelComputation?) {
      self.requests = requests
      self.precision = precision
    }

    /// Reads the parameters, those of the selection among them.
    package init(from decoder: any Decoder) throws {
      requests = try RequestSelection(from: decoder)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      answers = try container.decode(Int.self, forKey: .answers)
      maximumTokens = try container.decode(Int.self, forKey: .maximumTokens)
      minimumTokens = try container.decode(Int.self, forKey: .minimumTokens)
      ownShare = try container.decode(Double.self, forKey: .ownShare)
      refusalShare = try container.decode(Double.self, forKey: .refusalShare)
      precision = try container.decodeIfPresent(ModelComputation.self, forKey: .precision)
    }

    /// Writes the parameters, those of the selection among them.
    package func encode(to encoder: any Encoder) throws {
      try requests.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(answers, forKey: .answers)
      try container.encode(maximumTokens, forKey: .maximumTokens)
      try container.encode(minimumTokens, forKey: .minimumTokens)
      try container.encode(ownShare, forKey: .ownShare)
      try container.encode(refusalShare, forKey: .refusalShare)
      try container.encodeIfPresent(precision, forKey: .precision)
    }
  }

  /// What the code reads of files.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The requests' file.
    package var requests: Reference<Content.File>
    /// Refusals in fixed words.
    package var refusals: Reference<Content.File>

    package init(
      model: ModelReference, requests: Reference<Content.File>, refusals: Reference<Content.File>
    ) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.requests = requests
      self.refusals = refusals
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs
  /// The same whatever the manifest's seed is: repeats over seeds share one bound.
  package var seed: Int? { 1 }

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// What a model itself writes, and where noise begins.
  package static let typicality = StageKind("typicality")
}
