import Fingerprints
import JSON

/// Builds the stages of cells one after the other and keeps each distinct one once.
struct PlanAssembly {
  private struct Entry {
    let stage: Stage
    let work: StageWork
    let settings: Settings
    var cells: [Int]
  }

  private let materials: Materials
  private var entries: [Fingerprint: Entry] = [:]
  private var order: [Fingerprint] = []
  /// The first baseline's place, and its answers by set.
  private var firstBaseline: (place: Int, answers: [String: Fingerprint])?

  init(materials: Materials) {
    self.materials = materials
  }

  mutating func add(_ cell: ManifestCell, at place: Int) throws(ManifestError) -> PlannedCell {
    let settings = cell.settings
    guard let model = materials.models[settings.model] else {
      throw missing(settings.model, at: "model")
    }
    let modelInputs = [
      Stage.Input(name: "model", fingerprint: model.weights),
      Stage.Input(name: "tokenizer", fingerprint: Self.tokenizer(of: model, settings.chatTemplate)),
    ]
    func enter(_ stage: Stage, _ work: StageWork) -> Fingerprint {
      let stage = stage.at(settings.precision)
      let fingerprint = stage.fingerprint
      if entries[fingerprint] == nil {
        entries[fingerprint] = Entry(stage: stage, work: work, settings: settings, cells: [])
        order.append(fingerprint)
      }
      if entries[fingerprint]?.cells.last != place { entries[fingerprint]?.cells.append(place) }
      return fingerprint
    }

    var anchors: Fingerprint?
    var prompts: [PromptRole: Fingerprint] = [:]
    var adapter: Fingerprint?
    if settings.decoding.method.needsAnchors {
      let made = enter(try anchorsStage(settings, modelInputs), .anchors)
      anchors = made
      for role in settings.decoding.method.roles {
        prompts[role] = enter(try promptStage(role, settings, modelInputs, anchors: made), .prompt(role))
      }
      if settings.decoding.method.needs(.adapted) {
        adapter = enter(
          Stage(
            kind: .adapter, parameters: settings.adapter.resolved,
            inputs: modelInputs + [.init(name: "anchors", fingerprint: made)], seed: settings.seed, label: ""),
          .adapter)
      }
    }
    var sets: [PlannedSet] = []
    var results: [Stage.Input] = []
    for (index, set) in settings.evaluation.sets.enumerated() {
      let inputs =
        try methodInputs(settings, modelInputs, prompts, adapter)
        + [.init(name: "requests", fingerprint: try requests(of: set, at: "evaluation.sets[\(index)]"))]
      guard set.measure == .answers else {
        let scored = enter(scoresStage(set, settings, inputs), .scores(set))
        sets.append(PlannedSet(name: set.name, stages: [.scores: scored], judgments: []))
        results.append(.init(name: "scores/\(set.name)", fingerprint: scored))
        continue
      }
      let answered = enter(generationsStage(set, settings, inputs), .generations(set))
      let judged = enter(
        Stage(
          kind: .verdicts, parameters: ["judge": .string(settings.evaluation.judge.rawValue)],
          inputs: [.init(name: "generations", fingerprint: answered)], seed: nil, label: ""), .verdicts(set))
      results.append(.init(name: "generations/\(set.name)", fingerprint: answered))
      results.append(.init(name: "verdicts/\(set.name)", fingerprint: judged))
      if cell.isBaseline, firstBaseline == nil || firstBaseline?.place == place {
        firstBaseline = (place, (firstBaseline?.answers ?? [:]).merging([set.name: answered]) { $1 })
      }
      var judgments: [PlannedSet.Judged] = []
      for (number, judge) in settings.evaluation.judges.enumerated() {
        let path = "evaluation.judges[\(number)]"
        guard try judge.judged(of: settings.evaluation.sets, at: path).contains(where: { $0.name == set.name }) else {
          continue
        }
        let stage = try judgmentsStage(judge, at: path, on: set, number: index, answered: answered, verdicts: judged)
        let opinion = enter(stage, .judgments(set, judge))
        judgments.append(.init(judge: judge.name, stage: opinion))
        results.append(.init(name: "judgments/\(judge.name)/\(set.name)", fingerprint: opinion))
      }
      sets.append(
        PlannedSet(name: set.name, stages: [.generations: answered, .verdicts: judged], judgments: judgments))
    }
    let metrics = enter(metricsStage(settings, results), .metrics)
    return PlannedCell(
      label: cell.label, overrides: cell.overrides, isBaseline: cell.isBaseline, settings: settings,
      anchors: anchors, safeguarding: prompts[.safeguarding], adversarial: prompts[.adversarial],
      adapter: adapter,
      sets: sets, metrics: metrics)
  }

  /// The stages in dependency order, with labels. A label names the first cell only where the kind has several.
  func stages(labels: [String]) -> [PlannedStage] {
    let counts = Dictionary(entries.values.map { ($0.work, 1) }, uniquingKeysWith: +)
    var stages: [PlannedStage] = []
    for kind in StageKind.allCases {
      let fingerprints = order.filter { entries[$0]?.stage.kind == kind }
      for fingerprint in fingerprints {
        guard let entry = entries[fingerprint], let first = entry.cells.first else { continue }
        let label = Self.label(entry.work) + (counts[entry.work, default: 0] > 1 ? ", \(labels[first])" : "")
        let stage = Stage(
          kind: kind, version: entry.stage.version, parameters: entry.stage.parameters, inputs: entry.stage.inputs,
          seed: entry.stage.seed, label: label)
        stages.append(
          PlannedStage(
            stage: stage, fingerprint: fingerprint, work: entry.work, settings: entry.settings, cells: entry.cells))
      }
    }
    return stages
  }

  private static func label(_ work: StageWork) -> String {
    switch work {
    case .anchors: "anchors"
    case .prompt(let role): "\(role.rawValue) prompt"
    case .adapter: "safety adapter"
    case .generations(let set): "generations for \(set.name)"
    case .verdicts(let set): "verdicts on \(set.name)"
    case .judgments(let set, let judge): "\(judge.name) on \(set.name)"
    case .scores(let set): "scores on \(set.name)"
    case .metrics: "metrics"
    }
  }

  private func file(_ path: String, at place: String) throws(ManifestError) -> Fingerprint {
    guard let fingerprint = materials.files[path] else { throw missing(path, at: place) }
    return fingerprint
  }

  private func missing(_ name: String, at place: String) -> ManifestError {
    ManifestError(at: place, found: "no fingerprint for \"\(name)\"", expected: "its content to be known")
  }

  /// The tokenizer with the chat template that is named instead of its own.
  private static func tokenizer(of model: Materials.Model, _ template: String?) -> Fingerprint {
    guard let template else { return model.tokenizer }
    return Fingerprint(of: ["tokenizer": .string(model.tokenizer.hexadecimal), "chatTemplate": .string(template)])
  }

  private func anchorsStage(_ settings: Settings, _ model: [Stage.Input]) throws(ManifestError) -> Stage {
    let anchors = settings.anchors
    var parameters = Self.sampling(
      temperature: anchors.temperature, topP: anchors.topP, topK: anchors.topK)
    parameters["maximumTokens"] = .integer(anchors.maximumTokens)
    parameters["refusalSource"] = .string(anchors.refusalSource.rawValue)
    parameters["size"] = .integer(anchors.size)
    var inputs = model
    inputs.append(.init(name: "harmful", fingerprint: try file(anchors.harmful, at: "anchors.harmful")))
    inputs.append(.init(name: "harmless", fingerprint: try file(anchors.harmless, at: "anchors.harmless")))
    inputs.append(try systemPrompts(settings))
    if anchors.refusalSource == .wordings {
      inputs.append(.init(name: "refusals", fingerprint: try file(anchors.refusals, at: "anchors.refusals")))
    }
    let draws = anchors.temperature > 0 || anchors.refusalSource == .wordings
    return Stage(
      kind: .anchors, parameters: .object(parameters), inputs: inputs, seed: draws ? settings.seed : nil, label: "")
  }

  private func promptStage(
    _ role: PromptRole, _ settings: Settings, _ model: [Stage.Input], anchors: Fingerprint
  ) throws(ManifestError) -> Stage {
    let tuning = settings.tuning
    let start = tuning.initialization
    var inputs = model + [Stage.Input(name: "anchors", fingerprint: anchors)]
    var initialization = JSONObject()
    initialization["kind"] = .string(start.kind.rawValue)
    initialization["length"] = start.length.map(JSONValue.integer) ?? .null
    if start.kind == .random { initialization["scale"] = start.scale.map(JSONValue.number) ?? .null }
    if start.needsText {
      if let text = start.text(for: role) {
        initialization["text"] = .string(text)
      } else {
        inputs.append(try systemPrompts(settings))
      }
    }
    var parameters = tuning.resolved.object ?? JSONObject()
    parameters["adversarialSteps"] = nil
    parameters["steps"] = .integer(tuning.steps(of: role))
    parameters["weights"] = tuning.weights.weights(of: role).resolved
    parameters["role"] = .string(role.rawValue)
    parameters["initialization"] = .object(initialization)
    if tuning.optimizer == .adam { parameters["weightDecay"] = nil }
    if tuning.validationShare == 0 {
      parameters["validationEvery"] = nil
      parameters["validationCriterion"] = nil
    }
    return Stage(kind: .prompt, parameters: .object(parameters), inputs: inputs, seed: settings.seed, label: "")
  }

  /// What a method reads beside the requests.
  private func methodInputs(
    _ settings: Settings, _ model: [Stage.Input], _ prompts: [PromptRole: Fingerprint], _ adapter: Fingerprint?
  ) throws(ManifestError) -> [Stage.Input] {
    let decoding = settings.decoding
    var inputs = model
    if decoding.method.needsSystemPrompts { inputs.append(try systemPrompts(settings)) }
    if decoding.method.needsDemonstrations {
      let path = decoding.demonstrations
      inputs.append(.init(name: "demonstrations", fingerprint: try file(path, at: "decoding.demonstrations")))
    }
    for (stream, key) in [(StreamModel.second, "secondModel"), (.third, "thirdModel")]
    where decoding.method.needs(stream) {
      guard let name = decoding.name(of: stream) else { continue }
      guard let other = materials.models[name] else { throw missing(name, at: "decoding.\(key)") }
      inputs.append(.init(name: key, fingerprint: other.weights))
      inputs.append(.init(name: "\(key).tokenizer", fingerprint: other.tokenizer))
    }
    if let adapter { inputs.append(.init(name: "adapter", fingerprint: adapter)) }
    for role in decoding.method.roles {
      if let prompt = prompts[role] { inputs.append(.init(name: "prompt.\(role.rawValue)", fingerprint: prompt)) }
    }
    return inputs
  }

  private func generationsStage(_ set: EvaluationSet, _ settings: Settings, _ inputs: [Stage.Input]) -> Stage {
    let decoding = settings.decoding
    var parameters = Self.sampling(temperature: decoding.temperature, topP: decoding.topP, topK: decoding.topK)
    for member in (decoding.parameters.members + set.parameters.members) { parameters[member.key] = member.value }
    return Stage(
      kind: .generations, parameters: .object(parameters), inputs: inputs,
      seed: decoding.temperature > 0 ? settings.seed : nil, label: "")
  }

  private func judgmentsStage(
    _ judge: JudgeSettings, at path: String, on set: EvaluationSet, number: Int, answered: Fingerprint,
    verdicts: Fingerprint
  ) throws(ManifestError) -> Stage {
    var parameters = judge.parameters
    var inputs = [
      Stage.Input(name: "generations", fingerprint: answered), .init(name: "verdicts", fingerprint: verdicts),
    ]
    if case .local(let name, _, let template) = judge.source {
      guard let model = materials.models[name] else { throw missing(name, at: "\(path).model") }
      inputs.append(.init(name: "judge", fingerprint: model.weights))
      inputs.append(.init(name: "judge.tokenizer", fingerprint: Self.tokenizer(of: model, template)))
    }
    if judge.question == .preference, judge.against == .baseline {
      guard let other = firstBaseline?.answers[set.name] else {
        throw ManifestError(
          at: "\(path).against", found: "\"baseline\" without a baseline that answers \"\(set.name)\"",
          expected: "a first entry of \"baselines\" with this set, or \"reference\"")
      }
      inputs.append(.init(name: "opponent", fingerprint: other))
    } else if judge.question == .preference || judge.question == .truthfulness {
      // True answers and references stand beside the requests.
      inputs.append(.init(name: "requests", fingerprint: try requests(of: set, at: "evaluation.sets[\(number)]")))
      for member in set.parameters.members { parameters["set.\(member.key)"] = member.value }
    }
    return Stage(kind: .judgments, parameters: .object(parameters), inputs: inputs, seed: nil, label: "")
  }

  private func scoresStage(_ set: EvaluationSet, _ settings: Settings, _ inputs: [Stage.Input]) -> Stage {
    var parameters = settings.decoding.parameters
    for member in set.parameters.members { parameters[member.key] = member.value }
    parameters["measure"] = .string(set.measure.rawValue)
    return Stage(kind: .scores, parameters: .object(parameters), inputs: inputs, seed: nil, label: "")
  }

  private func requests(of set: EvaluationSet, at place: String) throws(ManifestError) -> Fingerprint {
    switch set.source {
    case .file(let path, _): return try file(path, at: "\(place).file")
    case .benchmark(let name):
      guard let fingerprint = materials.benchmarks[name] else { throw missing(name, at: "\(place).benchmark") }
      return fingerprint
    }
  }

  private func metricsStage(_ settings: Settings, _ inputs: [Stage.Input]) -> Stage {
    func list(_ sets: [EvaluationSet]) -> JSONValue {
      .array(sets.map { ["name": .string($0.name), "kind": .string($0.kind.rawValue)] })
    }
    let sets = settings.evaluation.sets
    var parameters = JSONObject()
    parameters["sets"] = list(sets.filter { $0.measure == .answers })
    let scored = sets.filter { $0.measure != .answers }
    if !scored.isEmpty { parameters["scored"] = list(scored) }
    let judges = settings.evaluation.judges
    if !judges.isEmpty {
      parameters["judges"] = .array(
        judges.map { ["name": .string($0.name), "question": .string($0.question.rawValue)] })
    }
    return Stage(kind: .metrics, parameters: .object(parameters), inputs: inputs, seed: nil, label: "")
  }

  private func systemPrompts(_ settings: Settings) throws(ManifestError) -> Stage.Input {
    let path = settings.anchors.systemPrompts
    return .init(name: "systemPrompts", fingerprint: try file(path, at: "anchors.systemPrompts"))
  }

  /// The parameters of sampling that matter: at temperature 0 the choice is greedy, and nothing else does.
  private static func sampling(temperature: Double, topP: Double, topK: Int) -> JSONObject {
    var parameters = JSONObject()
    parameters["temperature"] = .number(temperature)
    if temperature > 0 {
      parameters["topP"] = .number(topP)
      parameters["topK"] = .integer(topK)
    }
    return parameters
  }
}

extension Stage {
  /// The stage at another precision than the usual, where it runs the experiment's model.
  fileprivate func at(_ precision: ProductPrecision) -> Stage {
    guard precision != .float32, input("model") != nil, var parameters = parameters.object else { return self }
    parameters["precision"] = .string(precision.rawValue)
    return Stage(
      kind: kind, version: version, parameters: .object(parameters), inputs: inputs, seed: seed, label: label)
  }
}
