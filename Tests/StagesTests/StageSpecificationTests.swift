import Fingerprints
import Foundation
import JSON
import Stages
import Testing

/// A stage's description is the encoding of the value that its code is given: nothing is lost on the way there and
/// back.
struct StageSpecificationTests {
  private static func reference<Target>(_ name: String) -> Reference<Target> {
    Reference(Fingerprint(of: .string(name)))
  }

  private static let model = ModelReference(weights: reference("weights"), tokenizer: reference("tokenizer"))

  private static func method(_ name: String, _ change: (inout MethodParameters) -> Void = { _ in }) throws
    -> MethodParameters
  {
    var parameters = MethodParameters(method: try #require(DecodingMethod(rawValue: name)))
    change(&parameters)
    return parameters
  }

  private func comesBack<Specification: StageSpecification>(_ specification: Specification) throws {
    let stage = try specification.stage(label: "any")
    #expect(try stage.parameters(of: Specification.self) == specification.parameters)
    #expect(try stage.inputs(of: Specification.self) == specification.inputs)
    #expect(stage.seed == specification.seed && stage.kind == Specification.kind)
    // The store keeps the description as JSON.
    let stored: Stage = try JSONValue(parsing: JSONValue(encoding: stage).canonical).decoded()
    #expect(stored == stage && stored.fingerprint == stage.fingerprint)
  }

  @Test func anchors() throws {
    for temperature in [0, 0.7] {
      try comesBack(
        AnchorsStage(
          parameters: .init(
            sampling: .init(temperature: temperature, topP: 0.9, topK: 3), maximumTokens: 4, refusalSource: .wordings,
            size: 5, precision: .native(.int8)),
          inputs: .init(
            model: Self.model, harmful: Self.reference("a"), harmless: Self.reference("b"),
            systemPrompts: Self.reference("c"), refusals: temperature == 0 ? nil : Self.reference("d")), seed: 9))
    }
  }

  @Test(arguments: PromptStage.Initialization.Kind.allCases, PromptStage.Optimizer.allCases)
  func prompt(kind: PromptStage.Initialization.Kind, optimizer: PromptStage.Optimizer) throws {
    for (share, clip, scale) in [(0.2, 1.0 as Double?, 0.5 as Double?), (0, nil, nil)] {
      try comesBack(
        PromptStage(
          parameters: .init(
            role: .adversarial,
            initialization: .init(kind: kind, length: scale == nil ? nil : 7, scale: scale, text: "Be."), steps: 4,
            pairsPerStep: 3, optimizer: optimizer, learningRate: 0.01, schedule: .cosine, warmupSteps: 1, beta1: 0.9,
            beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, gradientClip: clip, weights: .init(harmlessRefusal: 0.5),
            validationShare: share, validationEvery: 2, validationCriterion: .refusalGap, precision: nil),
          inputs: .init(model: Self.model, anchors: Self.reference("anchors"), systemPrompts: nil), seed: 3))
    }
  }

  @Test func adapter() throws {
    try comesBack(
      AdapterStage(
        parameters: .init(
          rank: 4, alpha: 8, targets: ["q_proj"], steps: 5, examplesPerStep: 2, learningRate: 0.1, schedule: .linear,
          warmupSteps: 0, generalShare: 0.5),
        inputs: .init(model: Self.model, anchors: Self.reference("anchors")), seed: 1))
    let twice = AdapterStage.Parameters(
      rank: 4, alpha: 8, targets: ["q_proj"], steps: 5, epochs: 2, examplesPerStep: 3, learningRate: 0.1,
      schedule: .linear, warmupSteps: 0, generalShare: 0, gradientClip: 0.3)
    #expect(twice.steps(over: 7) == 6 && twice.steps == nil)
    try comesBack(
      AdapterStage(
        parameters: twice, inputs: .init(model: Self.model, anchors: Self.reference("anchors")), seed: 1))
  }

  @Test func statesReadByProbeAndDirections() throws {
    let file: Reference<Content.File> = Self.reference("f")
    try comesBack(
      DirectionsStage(
        parameters: .init(size: 3, block: nil, precision: nil),
        inputs: .init(model: Self.model, harmful: file, harmless: file)))
    let selection = RequestSelection(source: .benchmark("xstest", .harmless), size: 3, sampleSeed: 1)
    try comesBack(
      ProbeStage(
        parameters: .init(
          size: 3, systemPrompt: .safe, sets: [.init(name: "a/b", kind: .harmless, requests: selection)],
          precision: .native(.int8)),
        inputs: .init(
          model: Self.model, harmful: file, harmless: file, systemPrompts: file,
          requests: ["a/b": Self.reference("g")])))
  }

  @Test func answersAndScores() throws {
    var inputs = MethodInputs(model: Self.model, requests: Self.reference("requests"))
    inputs[.safeguarding] = Self.reference("safe")
    inputs[.adversarial] = Self.reference("not safe")
    inputs.adapter = Self.reference("adapter")
    inputs.setOther(.second, to: Self.model)
    inputs.demonstrations = Self.reference("demonstrations")
    let sources: [RequestSelection.Source] = [
      .benchmark("xstest", .harmless), .file(format: "csv", field: "goal", rowName: "mine"),
      .file(format: "jsonl", field: nil, rowName: nil),
    ]
    for source in sources {
      for method in [
        try Self.method("base"),
        try Self.method("acd") {
          $0.alpha = 0.4
          $0.contrastSteps = 3
        },
        try Self.method("adacd") {
          $0.alpha = 1
          $0.agreement = 0.5
          $0.plausibility = 0.1
        },
      ] {
        let requests = RequestSelection(source: source, size: source == sources[0] ? 3 : nil, sampleSeed: 1)
        try comesBack(
          GenerationsStage(
            parameters: .init(
              sampling: .init(temperature: 1, topP: 1, topK: 0), method: method, requests: requests, maximumTokens: 9,
              precision: .native(.bfloat16)), inputs: inputs, seed: 4))
        try comesBack(
          ScoresStage(
            parameters: .init(
              measure: .choices, method: method, requests: requests, maximumTokens: 9, precision: nil), inputs: inputs))
      }
    }
  }

  @Test func judgments() throws {
    for question in JudgeQuestion.allCases {
      var inputs = JudgmentsStage.Inputs(
        generations: Self.reference("answers"), verdicts: Self.reference("verdicts"), judge: Self.model)
      inputs.requests = Self.reference("requests")
      try comesBack(
        JudgmentsStage(
          parameters: .init(
            question: question, against: .reference, maximumTokens: 8, format: .chat, endpoint: nil,
            requests: .init(source: .file(format: "json", field: "q", rowName: nil), size: nil, sampleSeed: nil)),
          inputs: inputs))
      try comesBack(
        JudgmentsStage(
          parameters: .init(
            question: question, against: .baseline, maximumTokens: 8, format: nil,
            endpoint: .init(baseURL: "https://a.example", model: "m", parameters: ["seed": 1]), requests: nil),
          inputs: .init(generations: Self.reference("answers"), verdicts: Self.reference("verdicts"), judge: nil)))
    }
  }

  /// Names of sets may hold slashes; those of judges don't.
  @Test func verdictsAndMetrics() throws {
    try comesBack(
      VerdictsStage(parameters: .init(judge: .refusalWording), inputs: .init(generations: Self.reference("answers"))))
    var inputs = MetricsStage.Inputs()
    for set in ["a", "b/c", ""] {
      inputs.generations[set] = Self.reference("answers to \(set)")
      inputs.verdicts[set] = Self.reference("verdicts on \(set)")
      inputs.scores[set] = Self.reference("scores of \(set)")
      inputs.judgments[.init(judge: "j", set: set)] = Self.reference("judgments on \(set)")
    }
    let sets = ["a", "b/c"].map { MetricsStage.SetName(name: $0, kind: .harmful) }
    let judged = MetricsStage(
      parameters: .init(sets: sets, scored: sets, judges: [.init(name: "j", question: .refusal)]), inputs: inputs)
    try comesBack(judged)
    let plain = MetricsStage(parameters: .init(sets: sets, scored: [], judges: []), inputs: inputs)
    try comesBack(plain)
  }

  /// A rule that once ignored the number of steps has another version where it is given one.
  @Test func honoringTheStepsIsAnotherVersion() throws {
    let plain = try Self.method("acd") { $0.alpha = 1 }, cut = try Self.method("acd") { $0.contrastSteps = 2 }
    #expect(plain.version == 0 && cut.version == 1)
    #expect(try Self.method("adacd") { $0.contrastSteps = 2 }.version == 1)
    #expect(try Self.method("safe-decoding") { $0.contrastSteps = 2 }.version == 0)
  }

  @Test func ofAValueIsThatOfItsCanonicalForm() {
    let value: JSONValue = ["b": 1.0, "a": "x"]
    #expect(Fingerprint(of: value) == Fingerprint(ofBytes: Data(#"{"a":"x","b":1}"#.utf8)))
  }

  @Test func anOtherKindsDescriptionIsRefused() throws {
    let stage = try VerdictsStage(
      parameters: .init(judge: .refusalWording), inputs: .init(generations: Self.reference("answers"))
    ).stage()
    #expect(throws: DecodingError.self) { try stage.parameters(of: AnchorsStage.self) }
    #expect(throws: DecodingError.self) { try stage.inputs(of: AnchorsStage.self) }
  }

  @Test func kindsComeInAnOrderThatSuitsAllCells() {
    func references(_ kinds: String...) -> [StageReference] {
      kinds.map { StageReference(kind: StageKind(rawValue: $0), name: "", fingerprint: Fingerprint(of: .string($0))) }
    }
    let cells = [references("answers", "metrics"), references("anchors", "prompt", "answers", "verdicts", "metrics")]
    #expect(cells.kindsInOrder.map(\.rawValue) == ["anchors", "prompt", "answers", "verdicts", "metrics"])
    let contrary = [references("a", "b"), references("b", "a")]
    #expect(Set(contrary.kindsInOrder.map(\.rawValue)) == ["a", "b"])
  }
}
