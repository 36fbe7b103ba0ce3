import Compute
import Experiments
import Fingerprints
import Foundation
import JSON
import TestSupport
import Testing

/// What every kind of stage writes for one tiny experiment, by its hash. A stage whose output changed while its version did
/// not would go on being served from old stores: this test fails until `StageKind.version` is raised (and the golden file
/// recorded anew with ANTIPODE_RECORD_SNAPSHOTS=1).
///
/// The hashes hold for one kind of machine, since the C library's functions differ in their last bits between kinds; on
/// another kind the test says so and compares nothing.
struct GoldenTests {
  private struct Golden: Codable, Equatable {
    /// The kinds of machine and model that the hashes are of.
    var machine: String
    /// For each kind of stage, its version and a hash over the outputs of all its stages.
    var stages: [String: String]
  }

  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Snapshots/golden-outputs.json")

  @Test func anOutputThatChangedHasANewVersion() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let told = (1...2).map { number in
      #"{"id": "t\#(number)", "instruction": "What is \#(number) and 1?", "reference": "It is \#(number + 1).", "#
        + #""correct": ["It is \#(number + 1)."], "incorrect": ["It is seven."]}"#
    }
    try Data((told.joined(separator: "\n") + "\n").utf8).write(to: folder.appending(path: "told.jsonl"))
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "adapter": ["rank": 2, "steps": 2, "examplesPerStep": 2],
        "evaluation": [
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            ["name": "told", "kind": "harmless", "file": "told.jsonl", "measure": "likelihood"],
            ["name": "chosen", "kind": "harmless", "file": "told.jsonl", "measure": "choices"],
          ],
          "judges": [
            ["name": "choice", "question": "harmlessness", "model": "smollm2", "format": "choice"],
            ["name": "chat", "question": "refusal", "model": "smollm2", "maximumTokens": 8],
            ["name": "guard", "question": "harmlessness", "model": "smollm2", "format": "llama-guard-3"],
          ],
        ],
        "sweep": ["decoding.method": ["acd", "safety-tuning", "adacd"]],
      ])
    let outcome = try Tool.ablate.run([manifest], store: store)
    try #require(outcome.status == 0, "\(outcome.messages)")
    var outputs: [StageKind: [String]] = [:]
    for output in try StoreTests.outputs(store) {
      let record = try JSONValue(
        parsing: String(contentsOf: store.appending(path: "objects/\(output.key)"), encoding: .utf8))
      let kind = try #require(record["stage"]?["kind"]?.string.flatMap(StageKind.init(rawValue:)))
      outputs[kind, default: []].append(output.value)
    }
    #expect(Set(outputs.keys) == Set(StageKind.allCases), "a kind of stage that is not tried here")
    let found = Golden(
      machine: "\(Machine.processor); \(Machine.flags); \(Machine.libraries)",
      stages: Dictionary(
        uniqueKeysWithValues: outputs.map { kind, outputs in
          let hash = Fingerprint(of: .array(outputs.sorted().map(JSONValue.string)))
          return (kind.rawValue, "version \(kind.version): \(hash.short)")
        }))
    let before = try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: Self.file))
    if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
      // Recording must not be the way around a version.
      for kind in StageKind.allCases where before?.machine == found.machine {
        let old = before?.stages[kind.rawValue], new = found.stages[kind.rawValue]
        try #require(
          old == nil || old == new || old?.prefix { $0 != ":" } != new?.prefix { $0 != ":" },
          "the output of \(kind.rawValue) stages changed: raise its version before this is recorded")
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try (encoder.encode(found) + Data("\n".utf8)).write(to: Self.file)
      return
    }
    let golden = try #require(before)
    guard golden.machine == found.machine else {
      print("tests: SKIPPING the golden outputs: they are of \(golden.machine); this machine is \(found.machine)")
      return
    }
    for kind in StageKind.allCases {
      #expect(
        found.stages[kind.rawValue] == golden.stages[kind.rawValue],
        "the output of \(kind.rawValue) stages changed: raise its version, and record the golden file anew")
    }
  }
}
