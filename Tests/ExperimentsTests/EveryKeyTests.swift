import Experiments
import Fingerprints
import Foundation
import JSON
import Stages
import Testing

/// Every declared setting, changed by itself: what it changes must be in the hash of the stages that read it, and in no
/// other.
@Suite struct EveryKeyTests {
  private static let sets: JSONValue = [
    ["name": "own", "kind": "harmful", "file": "own.csv", "size": 3],
    ["name": "plain", "kind": "harmful", "file": "plain.txt"],
    ["name": "AlpacaEval", "kind": "harmless", "benchmark": "alpacaeval"],
    ["name": "scored", "kind": "harmless", "file": "scored.jsonl", "measure": "likelihood"],
    ["name": "chosen", "kind": "harmless", "benchmark": "truthfulqa", "measure": "choices"],
    ["name": "counted", "kind": "harmless", "file": "counted.jsonl", "measure": "number"],
    ["name": "GSM8K", "kind": "harmless", "benchmark": "gsm8k", "measure": "number"],
    [
      "name": "shots", "kind": "harmful", "file": "own.csv", "size": 3,
      "attack": ["kind": "many-shot", "file": "s.jsonl"],
    ],
    ["name": "found", "kind": "harmful", "file": "own.csv", "size": 3, "attack": ["kind": "published"]],
    [
      "name": "coded", "kind": "harmful", "file": "own.csv", "size": 3,
      "attack": ["kind": "published", "benchmark": "jailbreakbench-pair-vicuna"],
    ],
  ]

  private static let judges: JSONValue = [
    ["name": "local", "question": "harmlessness", "model": "judge.gguf", "maximumTokens": 64],
    ["name": "server", "question": "harmlessness", "endpoint": ["baseURL": "https://judge.example/v1", "model": "m"]],
    [
      "name": "pairs", "question": "preference", "model": "judge.gguf", "format": "choice", "against": "reference",
      "sets": ["AlpacaEval"],
    ],
    [
      "name": "truth", "question": "truthfulness", "model": "judge.gguf", "sets": ["own"],
    ],
    ["name": "wild", "question": "harmlessness", "model": "judge.gguf", "format": "wildguard", "prompt": "wild.txt"],
  ]

  private static let methods: JSONValue = .array(
    [
      "base", "acd", "contrastive", "proxy-tuning", "safe-decoding", "adacd", "in-context-defense", "self-reminder",
      "direction-added",
    ].map { ["decoding.method": $0] })

  /// Experiments that between them read every setting: a key counts where any of them reads it.
  private static let bases: [JSONValue] = [
    [
      "name": "greedy", "evaluation": ["sets": sets, "judges": judges], "baselines": methods,
      "decoding": ["secondModel": "second.gguf", "thirdModel": "third.gguf"],
    ],
    [
      "name": "drawn", "evaluation": ["sets": sets, "judges": judges], "baselines": methods,
      "tuning": [
        "initialization": ["kind": "random", "length": 7, "scale": 0.25], "optimizer": "adamw", "adversarialSteps": 50,
        "validationCriterion": "refusal-gap",
      ],
      "decoding": ["temperature": 0.9, "secondModel": "second.gguf", "thirdModel": "third.gguf"],
    ],
    [
      "name": "in states", "evaluation": ["sets": sets],
      "tuning": ["objective": "representation"], "decoding": ["method": "sp"],
    ],
    [
      "name": "second engine", "engine": "transformers", "evaluation": ["sets": sets, "judges": judges],
      "baselines": methods, "decoding": ["secondModel": "second.gguf", "thirdModel": "third.gguf"],
    ],
  ]

  /// Of one set alone: either all sets have answers from elsewhere or none.
  private static let ofOneSet: JSONValue = [
    "name": "one set", "evaluation": ["sets": [["name": "own", "kind": "harmful", "file": "own.csv", "size": 3]]],
  ]

  /// What each setting changes by itself: the kinds of stages whose own parameters, files or seed move. What is made
  /// from them follows. A key that is declared and stands here nowhere fails the test, and so does one that is no
  /// longer declared.
  private static let expected: [(kinds: Set<StageKind>, keys: [String])] = [
    (
      [.anchors, .representation, .prompt, .adapter, .directions, .generations, .scores, .typicality, .fluency],
      ["model", "chatTemplate", "thinking", "date", "precision"]
    ),
    (
      [.anchors, .representation, .prompt, .adapter, .directions, .generations, .scores, .typicality, .fluency],
      ["engine"]
    ),
    (
      [.anchors, .prompt, .adapter, .directions, .generations, .scores, .typicality, .fluency],
      ["dtype", "quantization", "attention"]
    ),
    ([.anchors, .prompt, .adapter, .generations], ["seed"]),
    ([.anchors, .directions], ["anchors.harmful", "anchors.harmless", "anchors.size"]),
    ([.directions], ["decoding.directionBlock"]),
    ([.probe], ["evaluation.probe"]),
    (
      [.anchors],
      [
        "anchors.model", "anchors.refusalSource",
        "anchors.maximumTokens", "anchors.temperature", "anchors.topP", "anchors.topK",
      ]
    ),
    ([.anchors, .typicality], ["anchors.refusals"]),
    ([.anchors, .representation, .prompt], ["anchors.systemPrompts"]),
    ([.representation, .prompt], ["tuning.objective"]),
    ([.representation], ["tuning.representation.components"]),
    ([.typicality, .fluency, .verdicts, .metrics], ["evaluation.fluency"]),
    ([.anchors, .prompt, .verdicts], ["evaluation.wordings"]),
    (
      [.prompt],
      [
        "tuning.initialization.kind", "tuning.initialization.length", "tuning.initialization.safeguarding",
        "tuning.initialization.adversarial", "tuning.initialization.scale", "tuning.steps", "tuning.adversarialSteps",
        "tuning.pairsPerStep", "tuning.optimizer", "tuning.learningRate", "tuning.schedule", "tuning.warmupSteps",
        "tuning.beta1", "tuning.beta2", "tuning.epsilon", "tuning.weightDecay", "tuning.gradientClip",
        "tuning.weights.likelihood", "tuning.weights.unlikelihood", "tuning.weights.regularization",
        "tuning.weights.harmlessRefusal", "tuning.weights.regularizer", "tuning.validationShare",
        "tuning.validationEvery",
        "tuning.validationCriterion", "tuning.representation.refusal", "tuning.representation.harmfulness",
        "tuning.representation.remainder",
      ]
    ),
    (
      [.adapter],
      [
        "adapter.rank", "adapter.alpha", "adapter.targets", "adapter.steps", "adapter.examplesPerStep",
        "adapter.learningRate", "adapter.schedule", "adapter.warmupSteps", "adapter.generalShare", "adapter.epochs",
        "adapter.gradientClip",
      ]
    ),
    (
      [.generations, .scores],
      [
        "decoding.method", "decoding.alpha", "decoding.plausibility", "decoding.contrastSteps",
        "decoding.amateurTemperature", "decoding.agreement", "decoding.candidates", "decoding.secondModel",
        "decoding.thirdModel", "decoding.demonstrations", "decoding.demonstrationCount", "decoding.reminderBefore",
        "decoding.reminderAfter", "decoding.maximumTokens",
      ]
    ),
    ([.generations], ["decoding.temperature", "decoding.topP", "decoding.topK", "decoding.samples"]),
    (
      [.generations, .metrics],
      [
        "evaluation.sets[].attack.kind", "evaluation.sets[].attack.file", "evaluation.sets[].attack.benchmark",
        "evaluation.sets[].attack.shots", "evaluation.sets[].attacks",
      ]
    ),
    ([.generations], ["evaluation.sets[].attack.goal", "evaluation.sets[].attack.field"]),
    ([.metrics], ["evaluation.sets[].name", "evaluation.judges[].name"]),
    (
      [.generations, .scores, .judgments, .typicality, .numbers, .metrics],
      [
        "evaluation.sets[].benchmark", "evaluation.sets[].file", "evaluation.sets[].field", "evaluation.sets[].size",
        "evaluation.sets[].sampleSeed",
      ]
    ),
    ([.generations, .scores, .typicality, .numbers, .metrics], ["evaluation.sets[].measure"]),
    ([.generations, .scores, .metrics], ["evaluation.sets[].maximumTokens"]),
    (
      [.anchors, .prompt, .generations, .typicality, .fluency, .verdicts, .metrics], ["evaluation.sets[].answers"]
    ),
    (
      [
        .anchors, .representation, .prompt, .adapter, .directions, .generations, .scores, .typicality, .fluency,
        .verdicts, .judgments, .numbers, .metrics,
      ],
      ["evaluation.answers"]
    ),
    ([.generations, .judgments, .scores, .typicality, .numbers, .metrics], ["evaluation.sets[].kind"]),
    ([.judgments, .metrics], ["evaluation.judges[].question", "evaluation.judges[].sets"]),
    (
      [.judgments],
      [
        "evaluation.judges[].model", "evaluation.judges[].format", "evaluation.judges[].chatTemplate",
        "evaluation.judges[].thinking", "evaluation.judges[].prompt", "evaluation.judges[].variables",
        "evaluation.judges[].against", "evaluation.judges[].maximumTokens", "evaluation.judges[].endpoint.baseURL",
        "evaluation.judges[].endpoint.model", "evaluation.judges[].endpoint.parameters",
      ]
    ),
  ]

  /// The settings that may move nothing, each with the reason.
  private static let without: [String: String] = [
    "evaluation.judge": "there is one judge of wording, so that it can't be changed",
    "device": "the same kind of stage wherever it is computed; records say where",
    "evaluation.judges[].endpoint.keyVariable": "who pays for a reply does not change it",
    "evaluation.judges[].endpoint.concurrency": "a reply depends on its own request alone",
    "evaluation.judges[].endpoint.retries": "a reply is the same whenever it comes",
    "evaluation.judges[].endpoint.timeout": "a reply is the same whenever it comes",
  ]

  /// The declared settings that hold a value: no sections, and no lists of objects, whose keys stand by themselves.
  private static let settings = ManifestKeys.settings.filter { key in
    !ManifestKeys.settings.contains { $0.hasPrefix(key + ".") || $0.hasPrefix(key + "[") }
  }

  @Test func everyKeyIsExpectedOnce() {
    let listed = Self.expected.flatMap(\.keys) + Self.without.keys
    #expect(listed.sorted() == Self.settings.sorted())
  }

  @Test(arguments: Self.settings) func movesTheStagesThatReadIt(key: String) throws {
    let description = try #require(ManifestKeys.description(of: key))
    var moved: Set<StageKind> = [], tried = 0
    for base in key == "evaluation.sets[].answers" ? [Self.ofOneSet] : Self.bases {
      let before = try Self.own(Self.plan(base))
      for changed in Self.changing(key, to: description.example, in: base) {
        // Some values fit one of the experiments alone.
        guard let after = try? Self.own(Self.plan(changed)) else { continue }
        tried += 1
        for kind in Set(before.keys).union(after.keys) where before[kind] != after[kind] { moved.insert(kind) }
      }
    }
    #expect(tried > 0, "\(key) can be set to its example nowhere")
    let expected = Self.expected.first { $0.keys.contains(key) }?.kinds ?? []
    #expect(moved == expected, "\(moved.map(\.rawValue).sorted()), expected \(expected.map(\.rawValue).sorted())")
  }

  /// The manifest with another value of a key; of a key of list elements, once for each element.
  private static func changing(_ key: String, to value: JSONValue, in manifest: JSONValue) -> [JSONValue] {
    func set(_ path: [String], in value: JSONValue?) -> [JSONValue] {
      guard let first = path.first else { return [new] }
      var object = value?.object ?? JSONObject()
      if first.hasSuffix("[]") {
        let name = String(first.dropLast(2)), list = object[name]?.array ?? []
        return list.indices.flatMap { index in
          // An element without the section that the key stands in has none to change.
          set(Array(path.dropFirst()), in: list[index]).map { element in
            var elements = list
            elements[index] = element
            object[name] = .array(elements)
            return .object(object)
          }
        }
      }
      return set(Array(path.dropFirst()), in: object[first]).map { inner in
        object[first] = inner
        return .object(object)
      }
    }
    let new = value
    return set(key.split(separator: ".").map(String.init), in: manifest)
  }

  /// What the stages of each kind read themselves: all but the artifacts of other stages, of which the names count.
  private static func own(_ plan: Plan) -> [StageKind: Set<JSONValue>] {
    let stages = Set(plan.stages.map(\.fingerprint))
    return Dictionary(grouping: plan.stages.map(\.stage), by: \.kind).mapValues { ofKind in
      Set(
        ofKind.map { stage in
          [
            "parameters": stage.parameters, "seed": stage.seed.map(JSONValue.integer) ?? .null,
            "version": .integer(stage.version),
            "inputs": .array(
              stage.inputs.map {
                [.string($0.name), stages.contains($0.fingerprint) ? .null : .string("\($0.fingerprint)")]
              }
            ),
          ]
        })
    }
  }

  /// A plan over materials whose fingerprints are those of their names.
  private static func plan(_ manifest: JSONValue) throws -> Plan {
    let manifest = try Manifest(manifest)
    func fingerprint(_ name: String) -> Fingerprint { Fingerprint(ofBytes: Data(name.utf8)) }
    var materials = Materials(models: [:], files: [:], numbered: [])
    for model in manifest.models {
      materials.models[model] = .init(weights: fingerprint(model), tokenizer: fingerprint("tokenizer of \(model)"))
    }
    for file in manifest.files { materials.files[file] = fingerprint(file) }
    for benchmark in manifest.benchmarks { materials.benchmarks[benchmark] = fingerprint(benchmark) }
    return try Plan(manifest: manifest, materials: materials)
  }
}
