import Experiments
import Fingerprints
import JSON
import Stages
import Testing

@Suite struct PlanFingerprintTests {
  private let base: JSONValue = [
    "$schema": "s", "name": "x", "question": "q", "comment": "c", "seed": 3,
    "sweep": ["decoding.alpha": [0, 0.5], "tuning.steps": [10, 20]], "baselines": [["decoding.method": "safe"]],
  ]

  private func changed(_ path: String, to value: JSONValue, in manifest: JSONValue) throws -> JSONValue {
    .object(try #require(manifest.object).setting(path, to: value))
  }

  @Test(arguments: ["$schema", "name", "question", "comment"])
  func wordsForReadersDoNotCount(key: String) throws {
    let other = try plan(changed(key, to: "other", in: base))
    #expect(try other.fingerprint == plan(base).fingerprint)
    #expect(try other.stages == plan(base).stages)
  }

  @Test func theOrderOfKeysDoesNotCount() throws {
    let reversed: JSONValue = [
      "baselines": [["decoding.method": "safe"]],
      "sweep": ["tuning.steps": [10, 20], "decoding.alpha": [0, 0.5]],
      "seed": 3.0, "comment": "c", "question": "q", "name": "x", "$schema": "s",
    ]
    #expect(try plan(reversed).fingerprint == plan(base).fingerprint)
  }

  @Test func pathsDoNotCountWhereTheContentIsTheSame() throws {
    let moved = try changed("anchors.harmful", to: "elsewhere/harmful.jsonl", in: base)
    #expect(try plan(moved).fingerprint == plan(base).fingerprint)
    #expect(try plan(changed("model", to: "/models/same.gguf", in: base)).fingerprint == plan(base).fingerprint)
  }

  @Test func defaultsWrittenOutDoNotCount() throws {
    let manifest = try Manifest(base)
    #expect(try plan(manifest.resolved).fingerprint == plan(base).fingerprint)
  }

  @Test(
    arguments: [
      ("seed", 4), ("anchors.size", 50), ("anchors.maximumTokens", 40), ("anchors.temperature", 0.5),
      ("anchors.topP", 0.9), ("anchors.topK", 5), ("anchors.refusalSource", "sampled"),
      ("tuning.initialization.kind", "vocabulary"), ("tuning.initialization.length", 12),
      ("tuning.initialization.safeguarding", "Be safe."), ("tuning.initialization.adversarial", "Be not."),
      ("tuning.pairsPerStep", 8), ("tuning.optimizer", "adamw"), ("tuning.learningRate", 0.01),
      ("tuning.schedule", "cosine"), ("tuning.warmupSteps", 5), ("tuning.beta1", 0.8), ("tuning.beta2", 0.99),
      ("tuning.epsilon", 1e-7), ("tuning.gradientClip", nil), ("tuning.weights.likelihood", 2),
      ("tuning.weights.unlikelihood", 2), ("tuning.weights.regularization", 2), ("tuning.weights.harmlessRefusal", 1),
      ("tuning.validationShare", 0.1), ("tuning.validationEvery", 10), ("tuning.validationCriterion", "refusal-gap"),
      ("decoding.maximumTokens", 20), ("decoding.temperature", 1), ("decoding.method", "opposite"),
      ("sweep", ["decoding.alpha": [0, 0.6], "tuning.steps": [10, 20]]), ("baselines", []),
    ] as [(String, JSONValue)])
  func everySettingThatMattersCounts(path: String, value: JSONValue) throws {
    #expect(try plan(changed(path, to: value, in: base)).fingerprint != plan(base).fingerprint)
  }

  @Test(arguments: [
    "weights", "tokenizer", "harmful.jsonl", "harmless.jsonl", "system-prompts.json", "refusals.jsonl",
    "held-out-harmful.jsonl", "held-out-harmless.jsonl",
  ])
  func theContentOfEveryMaterialCounts(name: String) throws {
    #expect(try plan(base, changing: [name: "other"]).fingerprint != plan(base).fingerprint)
  }

  @Test(
    arguments: [
      ("decoding.topP", 0.5), ("decoding.topK", 3), ("decoding.alpha", 0.9), ("tuning.initialization.scale", 0.5),
    ] as [(String, JSONValue)])
  func settingsWithoutEffectDoNotCount(path: String, value: JSONValue) throws {
    #expect(try plan(changed(path, to: value, in: base)).fingerprint == plan(base).fingerprint)
  }

  @Test func theAdversarialPromptsStepsAreItsOwn() throws {
    func prompts(_ manifest: JSONValue) throws -> [Fingerprint] {
      try plan(manifest).stages.filter { $0.stage.kind == .prompt }.map(\.fingerprint)
    }
    let plain: JSONValue = ["name": "x", "tuning": ["steps": 40]]
    let same = try prompts(changed("tuning.adversarialSteps", to: 40, in: plain))
    let fewer = try prompts(changed("tuning.adversarialSteps", to: 10, in: plain))
    #expect(try same == prompts(plain))
    #expect(try fewer[0] == prompts(plain)[0] && fewer[1] != prompts(plain)[1])
  }

  @Test func theTermOfOurOwnIsTheSafeguardingPromptsAlone() throws {
    func prompts(_ manifest: JSONValue) throws -> [Fingerprint] {
      try plan(manifest).stages.filter { $0.stage.kind == .prompt }.map(\.fingerprint)
    }
    let weighted = try prompts(changed("tuning.weights.harmlessRefusal", to: 1, in: base))
    let plain = try prompts(base)
    for (index, role) in plain.indices.map({ ($0, $0 % 2) }) {
      #expect((weighted[index] == plain[index]) == (role == 1), "\(index)")
    }
  }

  @Test func greedyAnswersOfTheModelDoNotDependOnTheSeed() throws {
    let greedy: JSONValue = ["name": "x", "decoding": ["method": "base"]]
    #expect(try plan(changed("seed", to: 9, in: greedy)).fingerprint == plan(greedy).fingerprint)
    let sampled: JSONValue = ["name": "x", "decoding": ["method": "base", "temperature": 1]]
    #expect(try plan(changed("seed", to: 9, in: sampled)).fingerprint != plan(sampled).fingerprint)
  }

  @Test func theVersionCountsAndTheLabelDoesNot() throws {
    let stage = try plan(base).stages[0].stage
    func made(version: Int, label: String) -> Fingerprint {
      Stage(
        kind: stage.kind, version: version, parameters: stage.parameters, inputs: stage.inputs.reversed(),
        seed: stage.seed, label: label
      ).fingerprint
    }
    #expect(made(version: stage.version, label: "other") == stage.fingerprint)
    #expect(made(version: stage.version + 1, label: stage.label) != stage.fingerprint)
  }

  /// Fixed names: a change here orphans every stored artifact, so it must be meant (and a stage's version raised).
  @Test func namesStayWhatTheyAre() throws {
    let measured = try plan(["name": "golden"])
    #expect(
      measured.stages.map { "\($0.stage.kind.rawValue) \($0.fingerprint.short)" } == [
        "anchors 14289b498e65", "prompt 1527b4273ab7", "prompt 8c941a7f7d0d", "generations 78b8d8f133f6",
        "generations 57f48417f2d3", "typicality 99a78968cc6f", "typicality 3032a20de264", "fluency c4ba5f3f2cb2",
        "fluency 11769126532b", "verdicts 460b41781ec2", "verdicts d3992ae84c2b", "metrics f1fdaba8d55a",
      ])
    // Without what came later, all is called what it was.
    let plan = try plan(["name": "golden", "evaluation": ["fluency": false]])
    #expect(
      plan.stages.map { "\($0.stage.kind.rawValue) \($0.fingerprint.short)" } == [
        "anchors 14289b498e65", "prompt 1527b4273ab7", "prompt 8c941a7f7d0d", "generations 78b8d8f133f6",
        "generations 57f48417f2d3", "verdicts cc692ad70498", "verdicts d2227cf15fb3", "metrics 08ad734a4d20",
      ])
    #expect(plan.fingerprint.hexadecimal == "10c37e79a922808633013381acbb0df1ad25c5760c0a24ee78755d262c920dd5")
  }

  @Test func aStagesNameIsTheHashOfItsCanonicalForm() {
    let input = Fingerprint(of: "input")
    let stage = Stage(
      kind: .verdicts, version: 2, parameters: ["judge": "j", "a": 0.1],
      inputs: [.init(name: "generations", fingerprint: input)], seed: nil, label: "")
    let form =
      "{\"inputs\":{\"generations\":\"\(input)\"},\"kind\":\"verdicts\",\"parameters\":{\"a\":0.1,\"judge\":\"j\"},"
      + "\"seed\":null,\"version\":2}"
    #expect(stage.fingerprint == Fingerprint(ofBytes: Array(form.utf8)))
  }
}
