import Experiments
import Testing

@Suite struct ManifestTests {
  @Test func anEmptyManifestHasTheDocumentedDefaults() throws {
    let manifest = try Manifest(parsing: #"{"name": "x"}"#)
    let expected = try JSONValue(
      parsing: #"""
        {"name": "x", "question": "", "comment": "", "seed": 1, "chatTemplate": null, "model": "smollm2-135m-instruct-q4_1",
         "anchors": {"harmful": "Anchors/harmful.jsonl", "harmless": "Anchors/harmless.jsonl",
           "systemPrompts": "Anchors/system-prompts.json", "refusals": "Anchors/refusals.jsonl",
           "refusalSource": "wordings", "size": 100, "maximumTokens": 48, "temperature": 0.7, "topP": 0.95, "topK": 0},
         "tuning": {"initialization": {"kind": "text", "length": null, "safeguarding": null, "adversarial": null,
             "scale": null}, "steps": 200, "adversarialSteps": null, "pairsPerStep": 9, "optimizer": "adam", "learningRate": 0.001,
           "schedule": "constant", "warmupSteps": 0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0,
           "gradientClip": 1, "weights": {"likelihood": 1, "unlikelihood": 1, "regularization": 1,
             "harmlessRefusal": 0}, "validationShare": 0.2, "validationEvery": 20, "validationCriterion": "loss"},
         "decoding": {"method": "acd", "alpha": 0.4, "maximumTokens": 48, "temperature": 0, "topP": 1, "topK": 0},
         "evaluation": {"sets": [
             {"name": "held-out harmful", "kind": "harmful", "file": "Anchors/held-out-harmful.jsonl", "size": null},
             {"name": "held-out harmless", "kind": "harmless", "file": "Anchors/held-out-harmless.jsonl",
              "size": null}], "judge": "refusal-wording"},
         "baselines": []}
        """#)
    #expect(manifest.resolved == expected)
  }

  @Test func theResolvedManifestReadsAsTheSame() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"$schema": "s", "name": "x", "question": "q", "comment": "c", "seed": 7, "model": "m.gguf",
         "anchors": {"size": 3, "refusalSource": "sampled"}, "tuning": {"gradientClip": null, "optimizer": "adamw",
         "weightDecay": 0.1, "initialization": {"kind": "random", "length": 4, "scale": 0.5}},
         "decoding": {"temperature": 1}, "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f"}]},
         "sweep": {"decoding.alpha": [0, 1]}, "baselines": [{"decoding.method": "base", "seed": 2}]}
        """#)
    let again = try Manifest(manifest.resolved)
    #expect(again.resolved == manifest.resolved)
    #expect(again.cells.map(\.label) == manifest.cells.map(\.label))
    #expect(again.cells.map(\.settings) == manifest.cells.map(\.settings))
    #expect(manifest.settings.tuning.gradientClip == nil)
  }

  @Test func expandsTheProductInWrittenOrderAfterTheBaselines() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"name": "x", "sweep": {"decoding.alpha": [0, 0.5], "anchors.size": [10, 20]},
         "baselines": [{"decoding.method": "base"}, {"decoding.method": "acd", "decoding.alpha": 2}]}
        """#)
    #expect(
      manifest.cells.map(\.label) == [
        "base", "acd, α 2", "α 0, size 10", "α 0, size 20", "α 0.5, size 10", "α 0.5, size 20",
      ])
    #expect(manifest.cells.map(\.isBaseline) == [true, true, false, false, false, false])
    #expect(manifest.cells[3].settings.anchors.size == 20)
    #expect(manifest.cells[3].settings.decoding.alpha == 0)
    #expect(
      manifest.cells[3].overrides == [
        Override(path: "decoding.alpha", value: 0), Override(path: "anchors.size", value: 20),
      ])
  }

  @Test func anObjectReplacesItsSectionWholly() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"name": "x", "tuning": {"initialization": {"length": 9}}, "sweep": {"tuning.initialization":
          [{"kind": "text"}, {"kind": "random", "length": 20}], "tuning.initialization.scale": [null, 0.1]}}
        """#)
    #expect(manifest.cells.map(\.settings.tuning.initialization.length) == [nil, nil, 20, 20])
    #expect(manifest.cells.map(\.settings.tuning.initialization.scale) == [nil, 0.1, nil, 0.1])
    #expect(manifest.cells.map(\.label).last == "random length 20, scale 0.1")
  }

  @Test func labelsAreDistinct() throws {
    let long = String(repeating: "very ", count: 20)
    let manifest = try Manifest([
      "name": "x",
      "sweep": ["tuning.initialization.safeguarding": [.string(long + "a"), .string(long + "b")]],
    ])
    #expect(Set(manifest.cells.map(\.label)).count == 2)
    #expect(manifest.cells[1].label == manifest.cells[0].label + " (2)")
  }

  @Test func withoutASweepThereIsOneCell() throws {
    #expect(try Manifest(["name": "x"]).cells.map(\.label) == ["acd α 0.4"])
    #expect(try Manifest(["name": "x", "decoding": ["method": "sp"]]).cells.map(\.label) == ["sp"])
  }

  @Test func listsTheModelsAndFilesThatTheCellsUse() throws {
    let base = try Manifest(["name": "x", "decoding": ["method": "base"]])
    #expect(base.files == ["Anchors/held-out-harmful.jsonl", "Anchors/held-out-harmless.jsonl"])
    let safe = try Manifest(["name": "x", "decoding": ["method": "safe"], "sweep": ["model": ["b", "a"]]])
    #expect(safe.files.last == "Anchors/system-prompts.json" && safe.files.count == 3)
    #expect(safe.models == ["a", "b"])
    let sampled = try Manifest(["name": "x", "anchors": ["refusalSource": "sampled"]])
    #expect(!sampled.files.contains("Anchors/refusals.jsonl"))
    #expect(try Manifest(["name": "x"]).files.count == 6)
  }
}
