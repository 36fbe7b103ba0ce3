package import JSON

/// Asks a language model what it says of the answers to one evaluation set.
package struct JudgmentsStage: StageSpecification {
  package static let kind = StageKind.judgments

  /// What an answer is compared with.
  package enum Opponent: String, Sendable, Hashable, Codable, CaseIterable {
    /// The set's reference answers.
    case reference
    /// The first baseline's answers.
    case baseline
  }

  /// A server that judges, as far as it can change a reply.
  package struct Endpoint: Codable, Sendable, Hashable {
    /// The address before `/chat/completions`.
    package var baseURL: String
    /// The model's name there.
    package var model: String
    /// What else a request's body says, an object.
    package var parameters: JSONValue

    package init(baseURL: String, model: String, parameters: JSONValue) {
      self.baseURL = baseURL
      self.model = model
      self.parameters = parameters
    }
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// What is asked about each answer.
    package var question: JudgeQuestion
    /// What an answer is compared with; nil where the question compares nothing.
    package var against: Opponent?
    /// The longest reply, in tokens; nil for a judge that says nothing.
    package var maximumTokens: Int?
    /// How the model is asked; nil for a server that is asked as `chat`.
    package var format: JudgeFormat?
    /// The server; nil for a local model.
    package var endpoint: Endpoint?
    /// Which requests the answers are of, where the question reads what stands beside them.
    package var requests: RequestSelection?

    private enum CodingKeys: String, CodingKey { case question, against, maximumTokens, format, endpoint }
    private enum RequestKeys: String, CodingKey { case size = "set.size" }
    private static let prefix = "set."

    /// All parameters; those without influence are dropped.
    package init(
      question: JudgeQuestion, against: Opponent, maximumTokens: Int, format: JudgeFormat?, endpoint: Endpoint?,
      requests: RequestSelection?
    ) {
      self.question = question
      self.against = question.needs == .opponent ? against : nil
      let saysNothing = endpoint == nil && (format == .choice || format?.scale != nil)
      self.maximumTokens = saysNothing ? nil : maximumTokens
      self.format = format
      self.endpoint = endpoint
      self.requests = requests
    }

    /// Reads all of it from one object.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      question = try container.decode(JudgeQuestion.self, forKey: .question)
      against = try container.decodeIfPresent(Opponent.self, forKey: .against)
      maximumTokens = try container.decodeIfPresent(Int.self, forKey: .maximumTokens)
      format = try container.decodeIfPresent(JudgeFormat.self, forKey: .format)
      endpoint = try container.decodeIfPresent(Endpoint.self, forKey: .endpoint)
      let hasRequests = try decoder.container(keyedBy: RequestKeys.self).contains(.size)
      requests = hasRequests ? try RequestSelection(from: decoder, prefix: Self.prefix) : nil
    }

    /// Writes all of it into one object.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(question, forKey: .question)
      try container.encodeIfPresent(against, forKey: .against)
      try container.encodeIfPresent(maximumTokens, forKey: .maximumTokens)
      try container.encodeIfPresent(format, forKey: .format)
      try container.encodeIfPresent(endpoint, forKey: .endpoint)
      try requests?.encode(to: encoder, prefix: Self.prefix)
    }
  }

  /// What the code reads of files and of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The answers.
    package var generations: Reference<GenerationsStage>
    /// The verdicts on them: noise is not asked about.
    package var verdicts: Reference<VerdictsStage>
    /// A local judge's weights.
    package var judge: Reference<Content.Weights>?
    /// Its tokenizer and chat template.
    package var judgeTokenizer: Reference<Content.Tokenizer>?
    /// The first baseline's answers, where answers are compared with them.
    package var opponent: Reference<GenerationsStage>?
    /// The requests' file, where the question reads what stands beside them.
    package var requests: Reference<Content.File>?
    /// The file with the question, for formats whose authors' it is.
    package var prompt: Reference<Content.File>?

    private enum CodingKeys: String, CodingKey {
      case generations, verdicts, judge, opponent, requests
      case judgeTokenizer = "judge.tokenizer"
      case prompt = "judge.prompt"
    }

    /// The answers and their verdicts; the rest is set where it is needed.
    package init(generations: Reference<GenerationsStage>, verdicts: Reference<VerdictsStage>, judge: ModelReference?) {
      self.generations = generations
      self.verdicts = verdicts
      self.judge = judge?.weights
      judgeTokenizer = judge?.tokenizer
    }

    /// The local judge; nil for a server.
    package var localJudge: ModelReference? {
      guard let judge, let judgeTokenizer else { return nil }
      return ModelReference(weights: judge, tokenizer: judgeTokenizer)
    }
  }

  package let parameters: Parameters
  package let inputs: Inputs

  /// 2: judges read what stands behind an answer's thinking, and their chat templates are run. One more, where a reply
  /// is read for a verdict: what stands behind its reasoning counts.
  package var version: Int {
    switch parameters.format?.asking {
    case .choice, .llamaGuard: 2
    case .chat, nil: 3
    case .ownTemplate, .file: 1
    }
  }

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// A language model's judgments of answers.
  package static let judgments = StageKind("judgments")
}
