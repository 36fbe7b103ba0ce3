import Experiments
import Fingerprints
import Foundation
import JSON
import Stages
import Testing

/// A plan of a manifest over materials whose fingerprints are those of their names, with some of them changed.
func plan(_ manifest: JSONValue, changing changed: [String: String] = [:]) throws -> Plan {
  let manifest = try Manifest(manifest)
  func fingerprint(_ name: String) -> Fingerprint {
    Fingerprint(ofBytes: Data((changed[name] ?? name).utf8))
  }
  var materials = Materials(models: [:], files: [:])
  for model in manifest.models {
    materials.models[model] = .init(weights: fingerprint("weights"), tokenizer: fingerprint("tokenizer"))
  }
  for file in manifest.files {
    materials.files[file] = fingerprint(URL(fileURLWithPath: file).lastPathComponent)
  }
  return try Plan(manifest: manifest, materials: materials)
}

extension PlannedCell {
  /// The stage of a kind for one of the cell's sets, by its place in the manifest.
  func stage(_ kind: StageKind, set: Int) -> Fingerprint? {
    stage(kind, named: settings.evaluation.sets[set].name)
  }

  /// What the first judge says of a set.
  func judgments(set: Int) -> Fingerprint? {
    let evaluation = settings.evaluation
    return stage(
      .judgments,
      named: StageReference.judgmentsName(judge: evaluation.judges[0].name, set: evaluation.sets[set].name))
  }
}

@Suite struct PlanTests {
  private let alpha: JSONValue = [
    "name": "alpha", "sweep": ["decoding.alpha": [0, 0.2, 0.4]],
    "baselines": [["decoding.method": "base"], ["decoding.method": "safe"], ["decoding.method": "sp"]],
  ]

  private func count(_ kind: StageKind, in plan: Plan) -> Int {
    plan.stages.count { $0.stage.kind == kind }
  }

  @Test func anAlphaSweepTunesOnce() throws {
    let plan = try plan(alpha)
    #expect(plan.cells.count == 6)
    #expect(count(.anchors, in: plan) == 1)
    #expect(count(.prompt, in: plan) == 2)
    #expect(count(.generations, in: plan) == 12)
    #expect(count(.verdicts, in: plan) == 12)
    #expect(count(.metrics, in: plan) == 6)
    #expect(plan.stages.first?.cells == [2, 3, 4, 5])
  }

  /// A probe and a direction are there once for all cells that want them, and move no other stage.
  @Test func statesAreReadOnce() throws {
    let methods: JSONValue = [
      "name": "states", "sweep": ["decoding.method": ["base", "direction-added", "direction-ablated"]],
    ]
    let plain = try plan(methods)
    let probed = try plan(
      [
        "name": "states", "sweep": ["decoding.method": ["base", "direction-added", "direction-ablated"]],
        "evaluation": ["probe": "safe"],
      ])
    #expect(count(.directions, in: plain) == 1 && count(.probe, in: plain) == 0 && count(.anchors, in: plain) == 0)
    #expect(count(.probe, in: probed) == 1)
    #expect(plain.cells.map(\.metrics) == probed.cells.map(\.metrics))
  }

  /// The loss in hidden states reads directions that are found once; the adversarial prompt has none of it.
  @Test func directionsOfRefusingAreFoundOnce() throws {
    let plan = try plan([
      "name": "states",
      "sweep": ["tuning.objective": ["responses", "representation"], "decoding.method": ["sp", "acd"]],
    ])
    #expect(count(.representation, in: plan) == 1 && count(.prompt, in: plan) == 3)
    let refused = #expect(throws: ManifestError.self) {
      _ = try ExperimentsTests.plan([
        "name": "s", "anchors": ["model": "other"], "tuning": ["objective": "representation"],
      ])
    }
    #expect(refused?.place == "anchors.model")
  }

  /// Another precision is another stage wherever the model runs; the usual one is not named in any hash.
  @Test func precisionIsAParameterOfWhatRunsTheModel() throws {
    let manifest: JSONValue = ["name": "precision", "sweep": ["precision": ["float32", "bfloat16", "int8"]]]
    let plan = try plan(manifest)
    #expect(plan.cells.count == 3)
    for planned in plan.stages where planned.stage.input("model") != nil {
      let precision = try #require(ProductPrecision.allCases.dropFirst(planned.cells[0]).first)
      #expect(planned.cells.count == 1 && plan.cells[planned.cells[0]].settings.precision == precision)
      #expect(
        planned.stage.parameters.object?["precision"] == (precision == .float32 ? nil : .string(precision.rawValue)),
        "\(planned.stage.label)")
    }
    for kind in [StageKind.anchors, .prompt, .generations, .verdicts, .metrics] {
      #expect(count(kind, in: plan) % 3 == 0, "\(kind) is shared")
    }
    #expect(
      plan.stages.filter { $0.stage.kind == .verdicts }.allSatisfy { $0.stage.parameters.object?["precision"] == nil })
  }

  /// The second engine is a parameter of what runs the target, and of nothing else; where it computes is none.
  @Test func theSecondEngineIsAParameterOfWhatRunsTheModel() throws {
    func onDevice(_ device: JSONValue) throws -> Plan {
      try plan([
        "name": "engines", "engine": "transformers", "device": device, "dtype": "bfloat16", "quantization": "nf4",
      ])
    }
    let found = try onDevice("cpu")
    for planned in found.stages {
      let expected: JSONValue = [
        "engine": "transformers", "version": 1, "dtype": "bfloat16", "quantization": "nf4",
      ]
      let found = planned.stage.parameters.object?["precision"]
      #expect(planned.stage.input("model") == nil ? found == nil : found == .some(expected), "\(planned.stage.label)")
    }
    #expect(try onDevice("cuda:1").fingerprint == found.fingerprint)
    for (key, value): (String, JSONValue) in [("dtype", "bfloat16"), ("device", "cpu"), ("quantization", "int8")] {
      #expect(throws: ManifestError.self, "\(key) says nothing to our own engine") {
        try plan(.object(JSONObject([.init(key: "name", value: "n"), .init(key: key, value: value)])))
      }
    }
    #expect(throws: ManifestError.self) {
      try plan(["name": "n", "engine": "transformers", "precision": "int8"])
    }
  }

  @Test func everyInputComesBeforeItsUse() throws {
    let plan = try plan(alpha)
    let stages = Set(plan.stages.map(\.fingerprint))
    #expect(stages.count == plan.stages.count)
    var seen: Set<Fingerprint> = []
    for planned in plan.stages {
      #expect(planned.fingerprint == planned.stage.fingerprint)
      for input in planned.stage.inputs where stages.contains(input.fingerprint) {
        #expect(seen.contains(input.fingerprint), "\(planned.stage.label) before its \(input.name)")
      }
      seen.insert(planned.fingerprint)
    }
    for cell in plan.cells {
      #expect(cell.stages.allSatisfy { plan.stage($0.fingerprint) != nil })
    }
  }

  @Test func eachMethodUsesOnlyWhatItNeeds() throws {
    let plan = try plan(alpha)
    let (base, safe, sp, acd) = (plan.cells[0], plan.cells[1], plan.cells[2], plan.cells[3])
    func prompt(_ role: PromptRole, _ cell: PlannedCell) -> Fingerprint? { cell.stage(.prompt, named: role.rawValue) }
    #expect(base.stage(.anchors) == nil && prompt(.safeguarding, base) == nil && prompt(.adversarial, base) == nil)
    #expect(sp.stage(.anchors) != nil && prompt(.safeguarding, sp) != nil && prompt(.adversarial, sp) == nil)
    #expect(prompt(.safeguarding, acd) == prompt(.safeguarding, sp) && prompt(.adversarial, acd) != nil)
    func inputs(_ cell: PlannedCell) -> [String]? {
      cell.stage(.generations, set: 0).flatMap(plan.stage)?.stage.inputs.map(\.name)
    }
    #expect(inputs(base) == ["model", "requests", "tokenizer"])
    #expect(inputs(safe) == ["model", "requests", "systemPrompts", "tokenizer"])
    #expect(inputs(sp) == ["model", "prompt.safeguarding", "requests", "tokenizer"])
    #expect(inputs(acd) == ["model", "prompt.adversarial", "prompt.safeguarding", "requests", "tokenizer"])
    #expect(base.stage(.generations, set: 0).flatMap(plan.stage)?.stage.parameters["alpha"] == nil)
    #expect(acd.stage(.generations, set: 0).flatMap(plan.stage)?.stage.parameters["alpha"] == 0)
    #expect(
      plan.stage(acd.metrics)?.stage.inputs.map(\.name) == [
        "fluency/held-out harmful", "fluency/held-out harmless", "generations/held-out harmful",
        "generations/held-out harmless", "requests/held-out harmful", "requests/held-out harmless",
        "typicality/held-out harmful", "typicality/held-out harmless", "verdicts/held-out harmful",
        "verdicts/held-out harmless",
      ])
  }

  @Test func labelsNameTheCellWhereAKindHasSeveralStages() throws {
    let labels = try plan(alpha).stages.map(\.stage.label)
    #expect(labels.prefix(3) == ["anchors", "safeguarding prompt", "adversarial prompt"])
    #expect(labels.contains("generations for held-out harmful, α 0.2"))
    #expect(Set(labels).count == labels.count)
  }

  @Test func missingMaterialsAreNamed() throws {
    let manifest = try Manifest(["name": "x", "decoding": ["method": "base"]])
    let none = Materials(models: [:], files: [:])
    let error = #expect(throws: ManifestError.self) { try Plan(manifest: manifest, materials: none) }
    #expect(error?.place == "model")
    var some = none
    let fingerprint = Fingerprint(ofBytes: Data())
    some.models[manifest.settings.model] = .init(weights: fingerprint, tokenizer: fingerprint)
    let second = #expect(throws: ManifestError.self) { try Plan(manifest: manifest, materials: some) }
    #expect(second?.place == "evaluation.sets[0].file")
  }

  @Test func aLargePlanHoldsEachStageOnce() throws {
    let many = JSONValue.array((0..<2000).map { .integer($0) })
    let plan = try plan(["name": "x", "sweep": ["seed": many]])
    #expect(plan.stages.count > 2000 && Set(plan.stages.map(\.fingerprint)).count == plan.stages.count)
  }
}
