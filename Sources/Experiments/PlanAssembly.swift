import Fingerprints
import Stages

/// Builds the stages of cells one after the other and keeps each distinct one once.
struct PlanAssembly {
  private struct Entry {
    let specification: any StageSpecification
    let stage: Stage
    /// What the stage is called where its kind has one of this name; else the first cell's label follows.
    let title: String
    var cells: [Int]
  }

  private let materials: Materials
  private var entries: [Fingerprint: Entry] = [:]
  private var order: [Fingerprint] = []
  /// The first baseline's place, and its answers by set.
  private var firstBaseline: (place: Int, answers: [String: Reference<GenerationsStage>])?

  init(materials: Materials) {
    self.materials = materials
  }

  mutating func add(_ cell: ManifestCell, at place: Int) throws(ManifestError) -> PlannedCell {
    let settings = cell.settings, method = settings.decoding.method, precision = settings.stagePrecision
    var references: [StageReference] = []
    func enter<Specification: StageSpecification>(
      _ specification: Specification, named name: String = "", _ title: String
    ) throws(ManifestError) -> Reference<Specification> {
      let reference: Reference<Specification> = try self.enter(specification, title, place)
      references.append(.init(kind: Specification.kind, name: name, fingerprint: reference.fingerprint))
      return reference
    }

    let model = settings.evaluation.isGiven ? nil : try self.model(settings.model, settings.conversation, at: "model")
    var prompts: [PromptRole: Reference<PromptStage>] = [:]
    var adapter: Reference<AdapterStage>?
    if let model, method.needsAnchors {
      let anchors = try enter(try anchorsStage(settings, model), "anchors")
      for role in method.roles {
        let parameters = settings.tuning.parameters(of: role, precision: precision)
        let start = parameters.initialization
        var representation: Reference<RepresentationStage>?
        if parameters.representation != nil {
          guard settings.anchors.model == nil else {
            throw ManifestError(
              at: "anchors.model", found: "another model's answers",
              expected: "none with the objective \"representation\", which learns from what the target itself refuses")
          }
          representation = try enter(
            RepresentationStage(
              parameters: .init(components: settings.tuning.representation.components, precision: precision),
              inputs: .init(model: model, anchors: anchors, systemPrompts: try systemPrompts(settings))),
            "directions of refusing and of harm")
        }
        prompts[role] = try enter(
          PromptStage(
            parameters: parameters,
            inputs: .init(
              model: model, anchors: anchors,
              systemPrompts: start.needsText && start.text == nil ? try systemPrompts(settings) : nil,
              wordings: parameters.judgesAnswers ? try wordings(settings) : nil, representation: representation),
            seed: settings.seed), named: role.rawValue, "\(role.rawValue) prompt")
      }
      if method.needs(.adapted) {
        adapter = try enter(
          AdapterStage(
            parameters: settings.adapter.parameters(precision: precision),
            inputs: .init(model: model, anchors: anchors), seed: settings.seed), "safety adapter")
      }
    }

    var directions: Reference<DirectionsStage>?
    if let model, method.needsDirection {
      directions = try enter(directionsStage(settings, model), "refusal direction")
    }

    var results = MetricsStage.Inputs(), selections: [String: RequestSelection] = [:]
    let evaluated = settings.evaluation.evaluated
    for (number, set) in settings.evaluation.sets.enumerated() where evaluated.contains(set) {
      let selection = set.selection(isNumbered: set.file.map(materials.numbered.contains) ?? false)
      let requests = try self.requests(of: set, at: "evaluation.sets[\(number)]")
      let inputs = try model.map { (model) throws(ManifestError) in
        var inputs = try methodInputs(settings, model, requests, prompts, adapter)
        inputs.directions = directions
        if let attack = set.attack {
          inputs.attack = try attackFile(of: attack, at: "evaluation.sets[\(number)].attack")
        }
        return inputs
      }
      if let inputs, let measure = set.measure.scored {
        results.scores[set.name] = try enter(
          ScoresStage(
            parameters: .init(
              measure: measure, method: settings.decoding.methodParameters, requests: selection,
              maximumTokens: set.maximumTokens ?? settings.decoding.maximumTokens, precision: precision),
            inputs: inputs),
          named: set.name, "scores on \(set.name)")
        continue
      }
      let answers: Reference<GenerationsStage>
      if let inputs {
        answers = try enter(
          GenerationsStage(
            parameters: .init(
              sampling: settings.decoding.sampling, method: settings.decoding.methodParameters, requests: selection,
              maximumTokens: set.maximumTokens ?? settings.decoding.maximumTokens, precision: precision,
              samples: settings.decoding.samples),
            inputs: inputs, seed: settings.seed), named: set.name, "generations for \(set.name)")
      } else {
        let path = settings.evaluation.answers(to: set) ?? ""
        let given = try enter(
          GivenAnswersStage(
            parameters: .init(requests: selection),
            inputs: .init(answers: try file(path, at: "evaluation.answers"), requests: requests)),
          named: set.name, "given answers to \(set.name)")
        answers = Reference(given.fingerprint)
      }
      if set.measure == .number {
        results.generations[set.name] = answers
        results.numbers[set.name] = try enter(
          NumbersStage(
            parameters: .init(requests: selection.plain),
            inputs: .init(generations: answers, requests: requests)),
          named: set.name, "numbers on \(set.name)")
        continue
      }
      var judged = VerdictsStage.Inputs(generations: answers, wordings: try wordings(settings))
      if let model, settings.measuresFluency {
        judged.typicality = try enter(
          TypicalityStage(
            parameters: .init(requests: selection.plain, precision: precision),
            inputs: .init(
              model: model, requests: requests, refusals: try file(settings.anchors.refusals, at: "anchors.refusals"))),
          named: set.name, "typical likelihoods on \(set.name)")
        judged.fluency = try enter(
          FluencyStage(parameters: .init(precision: precision), inputs: .init(model: model, generations: answers)),
          named: set.name, "fluency on \(set.name)")
        results.typicality[set.name] = judged.typicality
        results.fluency[set.name] = judged.fluency
      }
      let verdicts = try enter(
        VerdictsStage(parameters: .init(judge: settings.evaluation.judge), inputs: judged), named: set.name,
        "verdicts on \(set.name)")
      results.generations[set.name] = answers
      results.verdicts[set.name] = verdicts
      results.requests[set.name] = requests
      selections[set.name] = selection.plain
      if cell.isBaseline, firstBaseline == nil || firstBaseline?.place == place {
        firstBaseline = (place, (firstBaseline?.answers ?? [:]).merging([set.name: answers]) { $1 })
      }
      for (index, judge) in settings.evaluation.judges.enumerated() {
        let path = "evaluation.judges[\(index)]"
        guard try judge.judged(of: settings.evaluation.sets, at: path).contains(where: { $0.name == set.name }) else {
          continue
        }
        let stage = try judgmentsStage(judge, at: path, on: set, selection.plain, requests, answers, verdicts)
        let name = StageReference.judgmentsName(judge: judge.name, set: set.name)
        results.judgments[.init(judge: judge.name, set: set.name)] = try enter(
          stage, named: name, "\(judge.name) on \(set.name)")
      }
    }
    if let model, let probe = try probeStage(settings, model) { _ = try enter(probe, "probe") }
    let metrics = try enter(metricsStage(settings, results, selections), "metrics")
    let kinds = CollectionOfOne(references).kindsInOrder
    return PlannedCell(
      label: cell.label, overrides: cell.overrides, isBaseline: cell.isBaseline, settings: settings,
      stages: kinds.flatMap { kind in references.filter { $0.kind == kind } }, metrics: metrics.fingerprint)
  }

  private mutating func enter<Specification: StageSpecification>(
    _ specification: Specification, _ title: String, _ place: Int
  ) throws(ManifestError) -> Reference<Specification> {
    let stage: Stage
    do {
      stage = try specification.stage()
    } catch {
      throw ManifestError(at: title, found: "\(error)", expected: "settings that JSON can hold")
    }
    let fingerprint = stage.fingerprint
    if entries[fingerprint] == nil {
      entries[fingerprint] = Entry(specification: specification, stage: stage, title: title, cells: [])
      order.append(fingerprint)
    }
    if entries[fingerprint]?.cells.last != place { entries[fingerprint]?.cells.append(place) }
    return Reference(fingerprint)
  }

  /// The stages in dependency order, with labels. A label names the first cell only where several have its title.
  func stages(of cells: [PlannedCell]) -> [PlannedStage] {
    let counts = Dictionary(entries.values.map { ($0.title, 1) }, uniquingKeysWith: +)
    return cells.lazy.map(\.stages).kindsInOrder.flatMap { kind in
      order.compactMap { fingerprint in
        guard let entry = entries[fingerprint], entry.stage.kind == kind, let first = entry.cells.first else {
          return nil
        }
        let label = entry.title + (counts[entry.title, default: 0] > 1 ? ", \(cells[first].label)" : "")
        return PlannedStage(
          specification: entry.specification, stage: entry.stage.labelled(label), fingerprint: fingerprint,
          cells: entry.cells)
      }
    }
  }

  // MARK: What stages read

  private func file(_ path: String, at place: String) throws(ManifestError) -> Reference<Content.File> {
    guard let fingerprint = materials.files[path] else { throw missing(path, at: place) }
    return Reference(fingerprint)
  }

  private func missing(_ name: String, at place: String) -> ManifestError {
    ManifestError(at: place, found: "no fingerprint for \"\(name)\"", expected: "its content to be known")
  }

  private func model(
    _ name: String, _ conversation: ConversationSettings, at place: String
  ) throws(ManifestError) -> ModelReference {
    guard let model = materials.models[name] else { throw missing(name, at: place) }
    return model.reference(conversation, files: materials.files)
  }

  private func systemPrompts(_ settings: Settings) throws(ManifestError) -> Reference<Content.File> {
    try file(settings.anchors.systemPrompts, at: "anchors.systemPrompts")
  }

  private func wordings(_ settings: Settings) throws(ManifestError) -> Reference<Content.File>? {
    guard let path = settings.evaluation.wordings else { return nil }
    return try file(path, at: "evaluation.wordings")
  }

  private func requests(of set: EvaluationSet, at place: String) throws(ManifestError) -> Reference<Content.File> {
    guard let benchmark = set.benchmark else { return try file(set.file ?? "", at: "\(place).file") }
    guard let fingerprint = materials.benchmarks[benchmark] else {
      throw missing(benchmark, at: "\(place).benchmark")
    }
    return Reference(fingerprint)
  }

  /// What an attack reads; nil where it reads nothing, or the requests' own file.
  private func attackFile(
    of attack: AttackSettings, at place: String
  ) throws(ManifestError) -> Reference<Content.File>? {
    if let path = attack.file { return try file(path, at: "\(place).file") }
    guard let name = attack.benchmark else { return nil }
    guard let fingerprint = materials.benchmarks[name] else { throw missing(name, at: "\(place).benchmark") }
    return Reference(fingerprint)
  }

  private func anchorsStage(
    _ settings: Settings, _ model: ModelReference
  ) throws(ManifestError) -> AnchorsStage {
    let anchors = settings.anchors
    let model =
      try anchors.model.map { name throws(ManifestError) in
        try self.model(name, ConversationSettings(), at: "anchors.model")
      } ?? model
    return AnchorsStage(
      parameters: anchors.parameters(precision: settings.stagePrecision),
      inputs: .init(
        model: model, harmful: try file(anchors.harmful, at: "anchors.harmful"),
        harmless: try file(anchors.harmless, at: "anchors.harmless"), systemPrompts: try systemPrompts(settings),
        refusals: anchors.refusalSource == .wordings ? try file(anchors.refusals, at: "anchors.refusals") : nil,
        wordings: try wordings(settings)),
      seed: settings.seed)
  }

  private func directionsStage(
    _ settings: Settings, _ model: ModelReference
  ) throws(ManifestError) -> DirectionsStage {
    let anchors = settings.anchors
    return DirectionsStage(
      parameters: .init(
        size: anchors.size, block: settings.decoding.directionBlock, precision: settings.stagePrecision),
      inputs: .init(
        model: model, harmful: try file(anchors.harmful, at: "anchors.harmful"),
        harmless: try file(anchors.harmless, at: "anchors.harmless")))
  }

  /// The probe of the model's hidden states; nil where none is wanted.
  private func probeStage(_ settings: Settings, _ model: ModelReference) throws(ManifestError) -> ProbeStage? {
    guard let systemPrompt = settings.evaluation.probe.systemPrompt else { return nil }
    let anchors = settings.anchors
    var sets: [ProbeStage.AskedSet] = [], files: [String: Reference<Content.File>] = [:]
    // What an attack made of a set is not read here: the plain set stands for both.
    for (number, set) in settings.evaluation.sets.enumerated() where set.attack == nil {
      let selection = set.selection(isNumbered: set.file.map(materials.numbered.contains) ?? false)
      sets.append(.init(name: set.name, kind: set.kind, requests: selection))
      files[set.name] = try requests(of: set, at: "evaluation.sets[\(number)]")
    }
    return ProbeStage(
      parameters: .init(
        size: anchors.size, systemPrompt: systemPrompt, sets: sets, precision: settings.stagePrecision),
      inputs: .init(
        model: model, harmful: try file(anchors.harmful, at: "anchors.harmful"),
        harmless: try file(anchors.harmless, at: "anchors.harmless"), systemPrompts: try systemPrompts(settings),
        requests: files))
  }

  /// What a method reads.
  private func methodInputs(
    _ settings: Settings, _ model: ModelReference, _ requests: Reference<Content.File>,
    _ prompts: [PromptRole: Reference<PromptStage>], _ adapter: Reference<AdapterStage>?
  ) throws(ManifestError) -> MethodInputs {
    let decoding = settings.decoding, method = decoding.method
    var inputs = MethodInputs(model: model, requests: requests)
    if method.needsSystemPrompts { inputs.systemPrompts = try systemPrompts(settings) }
    if method.needsDemonstrations {
      inputs.demonstrations = try file(decoding.demonstrations, at: "decoding.demonstrations")
    }
    for (stream, key) in [(StreamModel.second, "secondModel"), (.third, "thirdModel")] where method.needs(stream) {
      guard let name = decoding.name(of: stream) else { continue }
      inputs.setOther(stream, to: try self.model(name, ConversationSettings(), at: "decoding.\(key)"))
    }
    inputs.adapter = adapter
    for role in method.roles { inputs[role] = prompts[role] }
    return inputs
  }

  private func judgmentsStage(
    _ judge: JudgeSettings, at path: String, on set: EvaluationSet, _ selection: RequestSelection,
    _ requests: Reference<Content.File>, _ answers: Reference<GenerationsStage>, _ verdicts: Reference<VerdictsStage>
  ) throws(ManifestError) -> JudgmentsStage {
    var model: ModelReference?
    if case .local(let name, _, let conversation) = judge.source {
      model = try self.model(name, conversation, at: "\(path).model")
    }
    var inputs = JudgmentsStage.Inputs(generations: answers, verdicts: verdicts, judge: model)
    if let prompt = judge.prompt { inputs.prompt = try file(prompt, at: "\(path).prompt") }
    if judge.question.needs == .opponent, judge.against == .baseline {
      guard let other = firstBaseline?.answers[set.name] else {
        throw ManifestError(
          at: "\(path).against", found: "\"baseline\" without a baseline that answers \"\(set.name)\"",
          expected: "a first entry of \"baselines\" with this set, or \"reference\"")
      }
      inputs.opponent = other
    } else if judge.question.needs != .nothing {
      // True answers and references stand beside the requests.
      inputs.requests = requests
    }
    return JudgmentsStage(
      parameters: judge.parameters(requests: inputs.requests == nil ? nil : selection), inputs: inputs)
  }

  private func metricsStage(
    _ settings: Settings, _ inputs: MetricsStage.Inputs, _ selections: [String: RequestSelection]
  ) -> MetricsStage {
    let sets = settings.evaluation.evaluated
    func names(_ chosen: [EvaluationSet]) -> [MetricsStage.SetName] {
      chosen.map { set in
        let plain = sets.first { $0.isPlain(of: set) }
        return .init(
          name: set.name, kind: set.kind, requests: selections[set.name],
          attack: plain.map { AttackedSet(name: set.attack?.label ?? "", plain: $0.name) })
      }
    }
    return MetricsStage(
      parameters: .init(
        sets: names(sets.filter { $0.measure == .answers }), scored: names(sets.filter { $0.measure.scored != nil }),
        numbered: names(sets.filter { $0.measure == .number }),
        judges: settings.evaluation.judges.map { .init(name: $0.name, question: $0.question) }), inputs: inputs)
  }
}

extension Stage {
  /// The same stage under another label.
  fileprivate func labelled(_ label: String) -> Stage {
    Stage(kind: kind, version: version, parameters: parameters, inputs: inputs, seed: seed, label: label)
  }
}
