import Compute
import Experiments
import Fingerprints
import Foundation
import JSON
import Stages
import TestSupport
import Testing

/// What every kind of stage writes for one tiny experiment. A stage whose output changed while its version did not
/// would go on being served from old stores: this test fails until the version is raised (and the golden file recorded
/// anew with ANTIPODE_RECORD_SNAPSHOTS=1).
///
/// The hashes of outputs hold for one kind of machine, since the C library's functions differ in their last bits
/// between kinds. On another kind, what is promised everywhere is compared: the report's tables.
struct GoldenTests {
  private struct Golden: Codable, Equatable {
    /// The report's tables of rates, likelihoods and judgments: as they are rounded there, the same on all machines.
    var tables: [String]
    /// For each kind of machine, for each kind of stage, its version and a hash over the outputs of all its stages.
    var machines: [String: [String: String]]
  }

  /// All kinds of stages, as their files declare them.
  private static func kinds() throws -> Set<String> {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Stages")
      .standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try Set(
      files.filter { $0.pathExtension == "swift" }.flatMap { file in
        try String(contentsOf: file, encoding: .utf8).matches(of: /= StageKind\("([a-z]+)"\)/).map {
          String($0.output.1)
        }
      })
  }

  /// A prompt that is tuned in hidden states, whose directions are learned from what counts as a refusal here: this
  /// model's own answers hold none so soon.
  /// - Returns: The store.
  private static func statesExperiment(in folder: URL) throws -> URL {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("the\n".utf8).write(to: folder.appending(path: "wordings.txt"))
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "tuning": ["objective": "representation", "steps": 2, "pairsPerStep": 3, "validationShare": 0],
        "anchors": ["size": 5, "maximumTokens": 8],
        "evaluation": [
          "sets": [["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"]], "wordings": "wordings.txt",
        ],
        "decoding": ["method": "sp", "maximumTokens": 2], "sweep": ["seed": [0]], "baselines": [],
      ])
    let store = folder.appending(path: "store"), outcome = try Tool.ablate.run([manifest], store: store)
    try #require(outcome.status == 0, "\(outcome.messages)")
    return store
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
          "fluency": true,
          "probe": "safe",
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            ["name": "told", "kind": "harmless", "file": "told.jsonl", "measure": "likelihood"],
            ["name": "chosen", "kind": "harmless", "file": "told.jsonl", "measure": "choices"],
            ["name": "counted", "kind": "harmless", "file": "harmful.jsonl", "measure": "number"],
          ],
          "judges": [
            ["name": "choice", "question": "harmlessness", "model": "smollm2", "format": "choice"],
            ["name": "chat", "question": "refusal", "model": "smollm2", "maximumTokens": 8],
            ["name": "guard", "question": "harmlessness", "model": "smollm2", "format": "llama-guard-3"],
          ],
        ],
        "sweep": ["decoding.method": ["acd", "safety-tuning", "adacd", "conditional-steering"]],
      ])
    // The numbers are of answers that are there already.
    let harmful = folder.appending(path: "harmful.jsonl")
    let referred = try String(contentsOf: harmful, encoding: .utf8).split(separator: "\n").map {
      $0.dropLast() + #", "reference": "It is 1."}"#
    }
    try Data((referred.joined(separator: "\n") + "\n").utf8).write(to: harmful)
    let outcome = try Tool.ablate.run([manifest], store: store)
    try #require(outcome.status == 0, "\(outcome.messages)")
    let states = try Self.statesExperiment(in: folder.appending(path: "states"))
    var outputs: [String: [String]] = [:], versions: [String: Set<Int>] = [:]
    for (store, isWanted) in [(store, { _ in true }), (states, { $0 == "representation" })] as [(URL, (String) -> Bool)]
    {
      for output in try StoreTests.outputs(store) {
        let record = try JSONValue(
          parsing: String(contentsOf: store.appending(path: "objects/\(output.key)"), encoding: .utf8))
        let kind = try #require(record["stage"]?["kind"]?.string)
        guard isWanted(kind) else { continue }
        outputs[kind, default: []].append(output.value)
        versions[kind, default: []].insert(try #require(record["stage"]?["version"]?.integer))
      }
    }
    #expect(try Set(outputs.keys) == Self.kinds(), "a kind of stage that is not tried here")
    let found = Dictionary(
      uniqueKeysWithValues: outputs.map { kind, outputs in
        let hash = Fingerprint(of: .array(outputs.sorted().map(JSONValue.string)))
        let version = versions[kind, default: []].sorted().map(String.init).joined(separator: ", ")
        return (kind, "version \(version): \(hash.short)")
      })
    let path = try #require(outcome.output.firstMatch(of: /report +(\S+)/)?.output.1)
    let tables = try String(contentsOfFile: String(path), encoding: .utf8)
      .split(separator: "## Tuning")[0].split(separator: "\n").filter { $0.hasPrefix("|") }.map(String.init)
    let machine = "\(Machine.processor); \(Machine.flags); \(Machine.libraries)"
    let before = try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: Self.file))
    if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
      // Recording must not be the way around a version. What is made from a stage with a new one may differ too.
      let changed = found.compactMap { kind, new in
        (before?.machines[machine]?[kind]).flatMap { $0 == new ? nil : (kind: kind, old: $0, new: new) }
      }
      let raised = changed.filter { change in change.old.prefix { $0 != ":" } != change.new.prefix { $0 != ":" } }
      try #require(
        changed.isEmpty || !raised.isEmpty,
        "the output of \(changed.map(\.kind)) stages changed: raise a version before this is recorded")
      let isNewer = !changed.isEmpty
      // What other machines recorded is of the older versions then.
      var golden = Golden(tables: tables, machines: isNewer ? [:] : before?.machines ?? [:])
      golden.machines[machine] = found
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try (encoder.encode(golden) + Data("\n".utf8)).write(to: Self.file)
      return
    }
    let golden = try #require(before)
    #expect(tables == golden.tables, "the report's tables, which are the same on all machines, changed")
    guard let known = golden.machines[machine] else {
      print("tests: the hashes of outputs are not known of \(machine); the tables are compared alone")
      return
    }
    for kind in found.keys.sorted() where known[kind] == nil {
      print("tests: the output of \(kind) stages is not known of this machine")
    }
    for kind in known.keys.sorted() {
      #expect(
        found[kind] == known[kind],
        "the output of \(kind) stages changed: raise its version, and record the golden file anew")
    }
  }
}
