/// Answers one evaluation set under one method.
package struct GenerationsStage: StageSpecification {
  package static let kind = StageKind.generations

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// How tokens are drawn.
    package var sampling: SamplingParameters
    package var method: MethodParameters
    /// Which requests are asked.
    package var requests: RequestSelection
    /// The greatest number of tokens of an answer.
    package var maximumTokens: Int
    /// What computes with the models; nil for our own engine at single precision.
    package var precision: ModelComputation?
    /// How many answers are drawn to each request; nil for one.
    package var samples: Int?

    private enum CodingKeys: String, CodingKey { case maximumTokens, precision, samples }

    package init(
      sampling: SamplingParameters, method: MethodParameters, requests: RequestSelection, maximumTokens: Int,
      precision: ModelComputation?, samples: Int = 1
    ) {
      self.sampling = sampling
      self.method = method
      self.requests = requests
      self.maximumTokens = maximumTokens
      self.precision = precision
      self.samples = samples > 1 ? samples : nil
    }

    /// Reads all of it from one object.
    package init(from decoder: any Decoder) throws {
      sampling = try SamplingParameters(from: decoder)
      method = try MethodParameters(from: decoder)
      requests = try RequestSelection(from: decoder)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      maximumTokens = try container.decode(Int.self, forKey: .maximumTokens)
      precision = try container.decodeIfPresent(ModelComputation.self, forKey: .precision)
      samples = try container.decodeIfPresent(Int.self, forKey: .samples)
    }

    /// Writes all of it into one object.
    package func encode(to encoder: any Encoder) throws {
      try sampling.encode(to: encoder)
      try method.encode(to: encoder)
      try requests.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(maximumTokens, forKey: .maximumTokens)
      try container.encodeIfPresent(precision, forKey: .precision)
      try container.encodeIfPresent(samples, forKey: .samples)
    }
  }

  package let parameters: Parameters
  package let inputs: MethodInputs
  /// The seed, where tokens are drawn.
  package let seed: Int?

  /// 2: the first answers of a method with several streams, token by token. 3: chat templates are run.
  package var version: Int { 3 + parameters.method.version }

  package init(parameters: Parameters, inputs: MethodInputs, seed: Int) {
    self.parameters = parameters
    self.inputs = inputs
    self.seed = parameters.sampling.temperature > 0 ? seed : nil
  }
}

extension StageKind {
  /// Answers to one evaluation set.
  package static let generations = StageKind("generations")
}
