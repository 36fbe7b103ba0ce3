import JSON

/// A language model that judges answers, beside the judge of refusal wording that always does.
package struct JudgeSettings: Sendable, Hashable {
  /// What the judge is asked about each answer.
  package enum Question: String, Sendable, Hashable, Codable, CaseIterable {
    /// Whether the answer helps with harm.
    case harmlessness
    /// Whether the answer complies, refuses, or refuses in part: the three classes of XSTest (arXiv 2308.01263).
    case refusal
    /// Whether the answer is true, given answers that are and answers that are not (TruthfulQA, arXiv 2109.07958).
    case truthfulness
    /// Which of two answers is better, asked in both orders (AlpacaEval, arXiv 2305.14387).
    case preference
  }

  /// How a local model is asked.
  package enum Format: String, Sendable, Hashable, CaseIterable {
    /// As a chat, with this project's templates: it gives a reason and a verdict.
    case chat
    /// The same without a reason: which verdict it holds likeliest, so that there always is one. For small models.
    case choice
    /// As Llama Guard 3 8B was trained: a conversation and 14 categories of harm.
    case llamaGuard = "llama-guard-3"
    /// As Llama Guard 3 1B was trained: the same with 13 categories.
    case smallLlamaGuard = "llama-guard-3-1b"
  }

  /// What an answer is compared with.
  package enum Opponent: String, Sendable, Hashable, CaseIterable {
    /// The set's reference answers.
    case reference
    /// The first baseline's answers.
    case baseline
  }

  /// Who is asked.
  package enum Source: Sendable, Hashable {
    /// A model of this engine: a name of the catalog, or a path.
    case local(model: String, format: Format, chatTemplate: String?)
    /// A server that speaks OpenAI's protocol.
    case endpoint(EndpointSettings)
  }

  /// Its name in tables and file names; distinct within the manifest.
  package var name: String
  /// What it is asked.
  package var question: Question
  /// Who is asked.
  package var source: Source
  /// The names of the sets whose answers it judges. Default: the harmful ones for harmlessness, all for refusal.
  package var sets: [String]?
  /// What answers are compared with; for `preference` alone. Default `reference`.
  package var against: Opponent
  /// The longest reply, in tokens. Default 24 for Llama Guard's formats, else 256.
  package var maximumTokens: Int

  enum Key: String, CaseIterable {
    case name, question, model, format, chatTemplate, endpoint, sets, against, maximumTokens
  }

  init(reading value: JSONValue, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    name = try section.requiredText(.name)
    guard !name.contains("/") else {
      throw section.invalid(.name, found: JSONValue.string(name).summary, expected: "a name without \"/\"")
    }
    question = try section.requiredChoice(.question)
    let model = try section.optionalText(.model)
    let format = try section.choice(.format, default: Format.chat)
    let chatTemplate = try section.optionalText(.chatTemplate)
    switch (model, section.value(.endpoint)) {
    case (nil, nil):
      throw section.invalid(.model, found: "nothing", expected: "a model to ask, or an \"endpoint\"")
    case (_?, _?):
      throw section.invalid(.endpoint, found: "an endpoint beside a model", expected: "one of the two")
    case (let model?, nil):
      source = .local(model: model, format: format, chatTemplate: chatTemplate)
    case (nil, let endpoint?):
      for key in [Key.format, .chatTemplate] where section.value(key) != nil {
        throw section.invalid(
          key, found: "a \(key.rawValue) beside an endpoint", expected: "none: the server has its own")
      }
      source = .endpoint(try EndpointSettings(reading: endpoint, at: section.path(.endpoint)))
    }
    let isGuard = format == .llamaGuard || format == .smallLlamaGuard
    guard !isGuard || question == .harmlessness else {
      throw section.invalid(
        .format, found: "\"\(format.rawValue)\" for the question \"\(question.rawValue)\"",
        expected: "\"chat\" or \"choice\": Llama Guard knows harmlessness alone")
    }
    guard question == .preference || section.value(.against) == nil else {
      throw section.invalid(
        .against, found: "an opponent for the question \"\(question.rawValue)\"",
        expected: "none: only \"preference\" compares two answers")
    }
    against = try section.choice(.against, default: .reference)
    maximumTokens = try section.integer(
      .maximumTokens, default: isGuard ? 24 : 256, in: ManifestLimits.counts)
    sets = try Self.names(section)
    guard sets != nil || question == .harmlessness || question == .refusal else {
      throw section.invalid(
        .sets, found: "nothing", expected: "the names of the sets whose answers are judged by \(question.rawValue)")
    }
  }

  private static func names(_ section: ManifestSection<Key>) throws(ManifestError) -> [String]? {
    guard let value = section.value(.sets), value != .null else { return nil }
    let names = value.array?.compactMap(\.string) ?? []
    guard !names.isEmpty, names.count == value.array?.count, Set(names).count == names.count else {
      throw section.invalid(.sets, found: value.summary, expected: "a list of at least one set's name, each once")
    }
    return names
  }

  /// The sets of a cell that the judge judges, of those that are answered.
  /// - Throws: ``ManifestError`` for a name that no answered set has.
  func judged(of all: [EvaluationSet], at path: String) throws(ManifestError) -> [EvaluationSet] {
    let answered = all.filter { $0.measure == .answers }
    guard let sets else { return answered.filter { question != .harmlessness || $0.kind == .harmful } }
    for (index, name) in sets.enumerated() where !answered.contains(where: { $0.name == name }) {
      throw ManifestError.unknownKey(name, at: "\(path).sets[\(index)]", known: answered.map(\.name))
    }
    return answered.filter { sets.contains($0.name) }
  }

  /// Whether the judge says nothing: its likeliest verdict is taken.
  private var isChoice: Bool {
    if case .local(_, .choice, _) = source { true } else { false }
  }

  /// The local model's name, or nil.
  package var model: String? {
    if case .local(let model, _, _) = source { model } else { nil }
  }

  /// The server, or nil.
  package var endpoint: EndpointSettings? {
    if case .endpoint(let endpoint) = source { endpoint } else { nil }
  }

  /// Who is asked, and how, in a few words for reports.
  package var asked: String {
    switch source {
    case .local(let model, let format, _): "\(model.split(separator: "/").last ?? ""), \(format.rawValue)"
    case .endpoint(let endpoint):
      "\(endpoint.model) at \(endpoint.baseURL.split(separator: "/").dropFirst().first ?? "")"
    }
  }

  /// What can change a judgment, beside the weights of a local model.
  var parameters: JSONObject {
    var parameters = JSONObject()
    parameters["question"] = .string(question.rawValue)
    if question == .preference { parameters["against"] = .string(against.rawValue) }
    if !isChoice { parameters["maximumTokens"] = .integer(maximumTokens) }
    switch source {
    case .local(_, let format, _): parameters["format"] = .string(format.rawValue)
    case .endpoint(let endpoint): parameters["endpoint"] = endpoint.judged
    }
    return parameters
  }

  /// The judge with every key.
  var resolved: JSONValue {
    var object = JSONObject()
    object["name"] = .string(name)
    object["question"] = .string(question.rawValue)
    switch source {
    case .local(let model, let format, let chatTemplate):
      object["model"] = .string(model)
      object["format"] = .string(format.rawValue)
      object["chatTemplate"] = chatTemplate.map(JSONValue.string) ?? .null
    case .endpoint(let endpoint): object["endpoint"] = endpoint.resolved
    }
    object["sets"] = sets.map { .array($0.map(JSONValue.string)) } ?? .null
    if question == .preference { object["against"] = .string(against.rawValue) }
    object["maximumTokens"] = .integer(maximumTokens)
    return .object(object)
  }
}
