import JSON
package import Stages

/// A language model that judges answers, beside the judge of refusal wording that always does.
package struct JudgeSettings: Sendable, Hashable {
  /// Who is asked.
  package enum Source: Sendable, Hashable {
    /// A model of this engine: a name of the catalog, or a path.
    case local(model: String, format: JudgeFormat, conversation: ConversationSettings)
    /// A server that speaks OpenAI's protocol.
    case endpoint(EndpointSettings)
  }

  package var name = ""
  package var question = JudgeQuestion.harmlessness
  package var model: String?
  package var format = JudgeFormat.chat
  /// How a local model is asked.
  package var conversation = ConversationSettings()
  package var endpoint: EndpointSettings?
  package var sets: [String]?
  package var against = JudgmentsStage.Opponent.reference
  package var maximumTokens = 256

  /// The file with the question, for formats whose authors' it is.
  package var prompt: String?

  /// Who is asked.
  package var source: Source {
    endpoint.map(Source.endpoint) ?? .local(model: model ?? "", format: format, conversation: conversation)
  }

  /// Whether the format is one of a server's that is not asked as all are.
  private var isNamed: Bool { endpoint == nil || format != .chat }

  /// The sets of a cell that the judge judges, of those that are answered.
  /// - Throws: ``ManifestError`` for a name that no answered set has.
  package func judged(of all: [EvaluationSet], at path: String) throws(ManifestError) -> [EvaluationSet] {
    let answered = all.filter { $0.measure == .answers }
    guard let sets else { return answered.filter { question.usualSets != .harmful || $0.kind == .harmful } }
    for (index, name) in sets.enumerated() where !answered.contains(where: { $0.name == name }) {
      throw ManifestError.unknownKey(name, at: "\(path).sets[\(index)]", known: answered.map(\.name))
    }
    return answered.filter { sets.contains($0.name) }
  }

  /// Who is asked, and how, in a few words for reports.
  package var asked: String {
    switch source {
    case .local(let model, let format, _): "\(model.split(separator: "/").last ?? ""), \(format.rawValue)"
    case .endpoint(let endpoint):
      "\(endpoint.model) at \(endpoint.baseURL.split(separator: "/").dropFirst().first ?? "")"
        + (format == .chat ? "" : ", \(format.rawValue)")
    }
  }

  /// What can change a judgment, beside the weights of a local model.
  /// - Parameter requests: Which requests the answers are of, where the question reads what stands beside them.
  func parameters(requests: RequestSelection?) -> JudgmentsStage.Parameters {
    JudgmentsStage.Parameters(
      question: question, against: against, maximumTokens: maximumTokens, format: isNamed ? format : nil,
      endpoint: endpoint?.judged, requests: requests)
  }
}

extension JudgeSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .text(
      "name", \.name, isRequired: true, example: "guard",
      "Its name in tables. Names must be distinct. Part of the metrics' hash only."),
    .choice(
      "question", \.question, isRequired: true, example: "refusal", "The question that it answers about each answer."),
    .optionalText(
      "model", \.model, isOmitted: true, example: "guard.gguf",
      "A local model: a catalog name, or a path. Either this or `endpoint` is required."),
    ManifestKey(
      KeyDescription(
        name: "format", type: .choice(JudgeFormat.allCases.map(\.rawValue), named: nil), isNullable: false,
        isRequired: false, fallback: nil, example: "llama-guard-3",
        meaning:
          "How the model is asked, and how its replies are parsed: [judges.md](judges.md#formats). For a server, use "
          + "`\"chat\"` or the format that its model was trained for. `\"choice\"` and `\"llama-guard-3\"` are for "
          + "local models."),
      take: { (section, value) throws(ManifestError) in section.format = try value.choice() },
      write: { $0.isNamed ? .string($0.format.rawValue) : Optional.none }),
    .optionalText(
      "prompt", \.prompt, isPath: true, isOmitted: true, example: "judges/wildguard.txt",
      "For formats with a question by their authors: a plain text file with the question and its placeholders for "
        + "request and answer. Or `\"wildguard\"`, after `ablate fetch wildguard`."),
    ManifestKey(
      KeyDescription(
        name: "chatTemplate", type: .text, isNullable: true, isRequired: false, fallback: nil, example: "llama3",
        meaning:
          "A chat template to use for a local model instead of its own: the name of a built-in one, or the path of a "
          + "Jinja file."),
      take: { (section, value) throws(ManifestError) in section.conversation.chatTemplate = try value.optionalText() },
      write: { $0.endpoint == nil ? $0.conversation.chatTemplate.map(JSONValue.string) ?? .null : Optional.none }),
    ManifestKey(
      KeyDescription(
        name: "thinking", type: .boolean, isNullable: true, isRequired: false, fallback: nil, example: false,
        meaning:
          "Whether a local thinking model thinks before its verdict, like `thinking` at the top level. Thinking counts "
          + "towards `maximumTokens`."),
      take: { (section, value) throws(ManifestError) in section.conversation.thinking = try value.optionalBoolean() },
      write: { $0.endpoint == nil ? $0.conversation.thinking.map(JSONValue.boolean) ?? .null : Optional.none }),
    ManifestKey(
      KeyDescription(
        name: "variables",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: "object"), .init(key: "additionalProperties", value: [:]),
          ]), words: "object"),
        isNullable: false,
        isRequired: false, fallback: "`{}`", example: ["guardian_config": ["risk_name": "violence"]],
        meaning:
          "More variables for a local model's chat template: `guideline`, `guardian_config`, `categories` and similar. "
          + "For a server, use `chat_template_kwargs` in `parameters`."),
      take: { (section, value) throws(ManifestError) in
        guard let object = value.value?.object else {
          throw value.invalid(expected: "an object of the template's variables")
        }
        for key in ["messages", "add_generation_prompt"] where object[key] != nil {
          throw ManifestError(
            at: "\(value.place).\(key)", found: "a variable that is not for change", expected: "other variables")
        }
        section.conversation.variables = object
      },
      write: { $0.conversation.variables.members.isEmpty ? Optional.none : .object($0.conversation.variables) }),
    ManifestKey(
      KeyDescription(
        name: "endpoint", type: .section(EndpointSettings.description), isNullable: false, isRequired: false,
        fallback: "–", example: ["baseURL": "http://localhost:8000/v1", "model": "guard"],
        meaning:
          "A server with OpenAI's chat protocol: [judges.md](judges.md#a-server). Its API key is in an environment "
          + "variable, never here."),
      take: { (section, value) throws(ManifestError) in
        guard section.model == nil else {
          throw ManifestError(
            at: value.place, found: "an endpoint beside a model", expected: "one of the two")
        }
        section.endpoint = try EndpointSettings(reading: value.value, at: value.place)
      }, write: { $0.endpoint?.resolved }),
    ManifestKey(
      KeyDescription(
        name: "sets",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: ["array", "null"]), .init(key: "minItems", value: 1),
            .init(key: "items", value: ["type": "string", "minLength": 1, "pattern": "\\S"]),
          ]), words: "list of names"),
        isNullable: true, isRequired: false, fallback: "by the question", example: ["AlpacaEval"],
        meaning:
          "The sets whose answers it judges. `null` is the harmful sets for `harmlessness`, and all sets for "
          + "`refusal`. Required for the other questions."),
      take: { (section, value) throws(ManifestError) in
        guard value.value != .null else { return }
        let names = value.value?.array?.compactMap(\.string) ?? []
        guard !names.isEmpty, names.count == value.value?.array?.count, Set(names).count == names.count else {
          throw value.invalid(expected: "a list of at least one set's name, each once")
        }
        section.sets = names
      }, write: { $0.sets.map { .array($0.map(JSONValue.string)) } ?? .null }),
    ManifestKey(
      KeyDescription(
        name: "against", type: .choice(JudgmentsStage.Opponent.allCases.map(\.rawValue), named: nil),
        isNullable: false, isRequired: false, fallback: "`\"reference\"`", example: "baseline",
        meaning:
          "For `preference`, what answers are compared with: the set's reference answers, or the first baseline's "
          + "answers."),
      take: { (section, value) throws(ManifestError) in section.against = try value.choice() },
      write: { $0.question.needs == .opponent ? .string($0.against.rawValue) : Optional.none }),
    .integer(
      "maximumTokens", \.maximumTokens, in: ManifestLimits.counts, fallback: "256 in a chat; else by the format",
      from: { $0.format.replyLength }, example: 1024, "The maximum length of a reply, in tokens."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    func refuse(_ key: String, found: String, expected: String) -> ManifestError {
      ManifestError(at: "\(place).\(key)", found: found, expected: expected)
    }
    guard !name.contains("/") else {
      throw refuse("name", found: JSONValue.string(name).summary, expected: "a name without \"/\"")
    }
    switch (model, endpoint) {
    case (nil, nil): throw refuse("model", found: "nothing", expected: "a model to ask, or an \"endpoint\"")
    case (_?, _): break
    case (nil, _?):
      for key in ["chatTemplate", "thinking", "variables"] where written[key] != nil {
        throw refuse(key, found: "a \(key) beside an endpoint", expected: "none: the server has its own")
      }
      guard format.isForServers else {
        throw refuse(
          "format", found: "\"\(format.rawValue)\" beside an endpoint",
          expected: "one that a server can be asked in: only a local model is asked so")
      }
    }
    guard format.questions.contains(question) else {
      let known = format.questions.map(\.rawValue).joined(separator: " and ")
      throw refuse(
        "format", found: "\"\(format.rawValue)\" for the question \"\(question.rawValue)\"",
        expected: "\"chat\" or \"choice\": this format knows \(known) alone")
    }
    switch (format.asking, prompt) {
    case (.file(let request, let answer, let isWhole), let prompt):
      guard prompt != nil else {
        throw refuse(
          "prompt", found: "nothing",
          expected:
            "the file with the question that \"\(format.rawValue)\" asks, where {\(request[0])} stands for the "
            + "request and {\(answer[0])} for the answer")
      }
      for key in ["chatTemplate", "thinking", "variables"] where isWhole && written[key] != nil {
        throw refuse(key, found: "a \(key)", expected: "none: the file of \"prompt\" is all that the model reads")
      }
    case (_, _?):
      throw refuse(
        "prompt", found: "a file for the format \"\(format.rawValue)\"", expected: "none: its question is known")
    case (_, nil): break
    }
    guard question.needs == .opponent || written["against"] == nil else {
      throw refuse(
        "against", found: "an opponent for the question \"\(question.rawValue)\"",
        expected: "none: only \"preference\" compares two answers")
    }
    guard sets != nil || question.usualSets != nil else {
      throw refuse(
        "sets", found: "nothing",
        expected: "the names of the sets whose answers are judged by \(question.rawValue)")
    }
  }
}
