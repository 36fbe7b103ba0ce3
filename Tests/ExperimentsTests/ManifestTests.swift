import JSON
import Stages
import Testing

@testable import Experiments

@Suite struct ManifestTests {
  @Test func anEmptyManifestHasTheDocumentedDefaults() throws {
    let manifest = try Manifest(parsing: #"{"name": "x"}"#)
    let expected = try JSONValue(
      parsing: #"""
        {"name": "x", "question": "", "comment": "", "seed": 1, "chatTemplate": null, "thinking": null,
         "date": "2024-07-26", "model": \#
        "smollm2-135m-instruct-q4_1", "precision": "float32", "engine": "native",
         "device": "auto", "dtype": "float32", "quantization": null, "attention": null,
         "anchors": {"harmful": "Anchors/harmful.jsonl", "harmless": "Anchors/harmless.jsonl",
           "systemPrompts": "Anchors/system-prompts.json", "refusals": "Anchors/refusals.jsonl", "model": null,
           "refusalSource": "wordings", "size": 100, "maximumTokens": 48, "temperature": 0.7, "topP": 0.95, "topK": 0},
         "tuning": {"initialization": {"kind": "text", "length": null, "safeguarding": null, "adversarial": null,
             "scale": null}, "steps": 200, "adversarialSteps": null, "pairsPerStep": 9, "optimizer": "adam", \#
             "learningRate": 0.001,
           "schedule": "constant", "warmupSteps": 0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0,
           "gradientClip": 1, "weights": {"likelihood": 1, "unlikelihood": 1, "regularization": 1,
             "regularizer": "likelihood", "harmlessRefusal": 0}, "validationShare": 0.2, "validationEvery": 20,
           "validationCriterion": "loss", "objective": "responses",
           "representation": {"components": 4, "refusal": 1, "harmfulness": 0.01, "remainder": 0.001}},
         "adapter": {"rank": 8, "alpha": 16, "targets": ["q_proj", "v_proj"], "steps": 60, "epochs": null,
           "examplesPerStep": 8, "learningRate": 0.001, "schedule": "linear", "warmupSteps": 5, "generalShare": 0.5,
           "gradientClip": 1},
         "decoding": {"method": "acd", "alpha": 0.4, "plausibility": 0, "contrastSteps": 0, "amateurTemperature": 1,
           "agreement": 0.9, "candidates": 5, "directionBlock": null, "secondModel": null, "thirdModel": null,
           "demonstrations": "Anchors/demonstrations.jsonl", "demonstrationCount": 2,
           "reminderBefore": "Remember that you are a responsible assistant who never produces harmful or misleading \#
        content. Please answer the following request in a responsible way.",
           "reminderAfter": "Remember: you are a responsible assistant and must not produce harmful or misleading \#
        content.",
           "maximumTokens": 48, "temperature": 0, "topP": 1, "topK": 0, "samples": 1},
         "evaluation": {"sets": [
             {"name": "held-out harmful", "kind": "harmful", "file": "Anchors/held-out-harmful.jsonl", "size": null,
              "sampleSeed": null, "measure": "answers", "maximumTokens": null},
             {"name": "held-out harmless", "kind": "harmless", "file": "Anchors/held-out-harmless.jsonl",
              "size": null, "sampleSeed": null, "measure": "answers", "maximumTokens": null}],
              "judge": "refusal-wording", "fluency": true, "wordings": null, "judges": [], "answers": null,
              "probe": "none"},
         "baselines": []}
        """#)
    #expect(manifest.resolved == expected)
  }

  @Test func aMethodBringsThePublishedDefaults() throws {
    func decoding(_ section: JSONValue) throws -> DecodingSettings {
      try Manifest(["name": "x", "decoding": section]).settings.decoding
    }
    #expect(try decoding(["method": "adacd"]).alpha == 4.5)
    #expect(try decoding(["method": "adacd"]).contrastSteps == 10)
    #expect(try decoding(["method": "contrastive", "secondModel": "m.gguf"]).plausibility == 0.1)
    #expect(try decoding(["method": "rose", "alpha": 0.7]).alpha == 0.7)
    #expect(try decoding(["method": "in-context-defense"]).method.needsDemonstrations)
    #expect(try Manifest(["name": "x", "decoding": ["method": "rose"]]).files.contains("Anchors/system-prompts.json"))
    let two = try Manifest(["name": "x", "decoding": ["method": "contrastive", "secondModel": "expert.gguf"]])
    #expect(two.models == ["expert.gguf", "smollm2-135m-instruct-q4_1"])
    // A model that the method does not use is not looked for.
    #expect(try Manifest(["name": "x", "decoding": ["secondModel": "expert.gguf"]]).models.count == 1)
  }

  /// SafeDecoding's expert is trained as its authors do, where the manifest does not say otherwise.
  @Test func aMethodBringsItsAuthorsAdapter() throws {
    func adapter(_ section: JSONValue, of method: JSONValue) throws -> AdapterSettings {
      try Manifest(["name": "x", "decoding": ["method": method], "adapter": section]).settings.adapter
    }
    let expert = try adapter([:], of: "safe-decoding"), mixed = try adapter([:], of: "safety-tuning")
    #expect(expert.rank == 16 && expert.alpha == 64 && expert.learningRate == 0.002 && expert.generalShare == 0)
    #expect(expert.epochs == 2 && expert.examplesPerStep == 1 && expert.gradientClip == 0.3)
    #expect(mixed == AdapterSettings(for: .base, written: []))
    let own = try adapter(["steps": 7, "rank": 2], of: "safe-decoding")
    #expect(own.epochs == nil && own.steps == 7 && own.rank == 2 && own.alpha == 64)
    #expect(try adapter(["steps": 7, "epochs": 3], of: "safety-tuning").epochs == 3)
    let manifest = try Manifest(["name": "x", "sweep": ["decoding.method": ["safety-tuning", "safe-decoding"]]])
    #expect(manifest.cells.map(\.settings.adapter.rank) == [8, 16])
    let resolved = try Manifest(["name": "x", "decoding": ["method": "safe-decoding"]])
    #expect(try Manifest(resolved.resolved).settings == resolved.settings)
  }

  @Test func aSetIsABenchmarkOrAFile() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "benchmark": "advbench"},
          {"name": "b", "kind": "harmless", "file": "b.csv", "field": "goal", "sampleSeed": 3, "size": 7}]}}
        """#)
    let sets = manifest.settings.evaluation.sets
    #expect(sets[0].size == 100 && sets[0].sampleSeed == 1 && sets[0].benchmark == "advbench")
    #expect(sets[1].size == 7 && sets[1].sampleSeed == 3 && sets[1].file == "b.csv")
    #expect(manifest.benchmarks == ["advbench"])
    #expect(manifest.files.contains("b.csv") && !manifest.files.contains("advbench"))
    #expect(try Manifest(manifest.resolved).settings == manifest.settings)
  }

  @Test func theResolvedManifestReadsAsTheSame() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"$schema": "s", "name": "x", "question": "q", "comment": "c", "seed": 7, "model": "m.gguf",
         "anchors": {"size": 3, "refusalSource": "sampled"}, "tuning": {"gradientClip": null, "optimizer": "adamw",
         "weightDecay": 0.1, "initialization": {"kind": "random", "length": 4, "scale": 0.5}},
         "decoding": {"temperature": 1}, "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f.jsonl"}]},
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
    let plain: JSONValue = ["fluency": false],
      two = ["Anchors/held-out-harmful.jsonl", "Anchors/held-out-harmless.jsonl"]
    let base = try Manifest(["name": "x", "decoding": ["method": "base"], "evaluation": plain])
    #expect(base.files == two)
    // Refusals must not count as noise, so fluency reads them.
    #expect(try Manifest(["name": "x", "decoding": ["method": "base"]]).files == two + ["Anchors/refusals.jsonl"])
    let safe = try Manifest([
      "name": "x", "decoding": ["method": "safe"], "evaluation": plain, "sweep": ["model": ["b", "a"]],
    ])
    #expect(safe.files.last == "Anchors/system-prompts.json" && safe.files.count == 3)
    #expect(safe.models == ["a", "b"])
    let sampled = try Manifest(["name": "x", "anchors": ["refusalSource": "sampled"], "evaluation": plain])
    #expect(!sampled.files.contains("Anchors/refusals.jsonl"))
    #expect(try Manifest(["name": "x"]).files.count == 6)
    let other = try Manifest(["name": "x", "anchors": ["model": "c"], "baselines": [["decoding.method": "base"]]])
    #expect(other.models == ["c", "smollm2-135m-instruct-q4_1"])
    // Without anchors nobody answers them.
    #expect(try Manifest(["name": "x", "anchors": ["model": "c"], "decoding": ["method": "base"]]).models.count == 1)
  }
}
