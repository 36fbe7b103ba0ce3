/// Scores reference answers or choices of one evaluation set under one method.
package struct ScoresStage: StageSpecification {
  package static let kind = StageKind.scores

  /// What is scored.
  package enum Measure: String, Sendable, Hashable, Codable {
    /// How likely the method holds the reference answers, and how far its distributions are from the base model's.
    case likelihood
    /// TruthfulQA's MC1 and MC2: how likely it holds true answers against false ones.
    case choices
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// What is scored.
    package var measure: Measure
    package var method: MethodParameters
    /// Which requests are asked.
    package var requests: RequestSelection
    /// How many tokens of an answer are scored at most.
    package var maximumTokens: Int
    /// What computes with the models; nil for our own engine at single precision.
    package var precision: ModelComputation?

    private enum CodingKeys: String, CodingKey { case measure, maximumTokens, precision }

    package init(
      measure: Measure, method: MethodParameters, requests: RequestSelection, maximumTokens: Int,
      precision: ModelComputation?
    ) {
      self.measure = measure
      self.method = method
      self.requests = requests
      self.maximumTokens = maximumTokens
      self.precision = precision
    }

    /// Reads all of it from one object.
    package init(from decoder: any Decoder) throws {
      method = try MethodParameters(from: decoder)
      requests = try RequestSelection(from: decoder)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      measure = try container.decode(Measure.self, forKey: .measure)
      maximumTokens = try container.decode(Int.self, forKey: .maximumTokens)
      precision = try container.decodeIfPresent(ModelComputation.self, forKey: .precision)
    }

    /// Writes all of it into one object.
    package func encode(to encoder: any Encoder) throws {
      try method.encode(to: encoder)
      try requests.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(measure, forKey: .measure)
      try container.encode(maximumTokens, forKey: .maximumTokens)
      try container.encodeIfPresent(precision, forKey: .precision)
    }
  }

  package let parameters: Parameters
  package let inputs: MethodInputs

  /// 2: chat templates are run. And what the method adds.
  package var version: Int { 2 + parameters.method.version }

  package init(parameters: Parameters, inputs: MethodInputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// Scores of one evaluation set.
  package static let scores = StageKind("scores")
}
