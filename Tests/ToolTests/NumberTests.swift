import Foundation
import JSON
import TestSupport
import Testing

/// Answers that come to a number, a model that answers for another, and compressed files, through the tools.
@Suite(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct NumberTests {
  private func questions(in folder: URL, compressed: Bool) throws {
    let rows = [("What is 2 + 2? Answer with a number.", "2 + 2 = 4\\n#### 4"), ("Say 5.", "#### 5"), ("Say 6.", "6")]
      .enumerated().map { #"{"id": "n\#($0)", "question": "\#($1.0)", "reference": "\#($1.1)"}"# }
    let file = folder.appending(path: "sums.jsonl")
    try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: file)
    guard compressed else { return }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/gzip")
    process.arguments = [file.path]
    try process.run()
    process.waitUntilExit()
  }

  @Test func rightNumbersAreCounted() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try questions(in: folder, compressed: true)
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "evaluation": [
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            [
              "name": "sums", "kind": "harmless", "file": "sums.jsonl.gz", "measure": "number", "maximumTokens": 24,
            ],
          ]
        ],
        "sweep": ["decoding.method": ["safe"]],
        "published": [
          ["name": "Elsewhere", "source": "S. One", "values": ["safe": ["sums": 0.42]]],
          ["name": "Here and there", "source": "S. Two", "values": ["safe": ["sums": 0.24, "harmful": 0.5]]],
        ],
      ])
    let store = folder.appending(path: "store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    try #require(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.contains("sums: right (n = 3)"))
    let path = try #require(outcome.output.firstMatch(of: /report +(\S+)/)?.output.1)
    let report = try String(contentsOfFile: String(path), encoding: .utf8)
    #expect(report.contains("## Right numbers") && report.contains("here, right") && report.contains("sums: Δ right"))
    // Several sources stand beside each other, each where it reports something.
    let published = report.components(separatedBy: "## Beside published values")[1].components(separatedBy: "\n## ")[0]
    let rows = published.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(rows.contains { $0.hasPrefix("| `safe` |") && $0.hasSuffix("| 0.42 | 0.24 |") }, "\(published)")
    #expect(rows.contains { $0.hasPrefix("| `safe` |") && $0.hasSuffix("| – | 0.50 |") }, "\(published)")
    #expect(published.contains("- Elsewhere: S. One") && published.contains("- Here and there: S. Two"))

    // An answer is as long as its set allows, and right where its last number is.
    var found = 0
    for output in try StoreTests.outputs(store).keys {
      let artifact = store.appending(path: "objects/\(output)").deletingLastPathComponent()
      guard let text = try? String(contentsOf: artifact.appending(path: "numbers.jsonl"), encoding: .utf8) else {
        continue
      }
      found += 1
      let expected = try text.split(separator: "\n").map { try JSONValue(parsing: String($0))["expected"]?.string }
      #expect(expected == ["4", "5", "6"])
    }
    #expect(found == 2)
    let hash = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
    let again = try Tool.ablate.run(["rerun", String(hash)], store: store)
    #expect(again.status == 0, "\(again.output)\(again.messages)")
  }

  @Test func aReferenceWithoutANumberIsNamedBeforeAnythingRuns() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(#"{"id": "n1", "question": "Why?", "reference": "Because."}"#.utf8)
      .write(to: folder.appending(path: "sums.jsonl"))
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "evaluation": ["sets": [["name": "sums", "kind": "harmless", "file": "sums.jsonl", "measure": "number"]]]
      ])
    let outcome = try Tool.ablate.run([manifest, "--dry-run"], store: folder.appending(path: "store"))
    #expect(outcome.status == 65 && outcome.messages.contains("n1: found a reference answer without a number"))
  }

  /// The paper's anchors were answered by another model than the one that was tuned. Here it is the same under another
  /// name, which gives the same pairs.
  @Test func anchorsAreAnsweredByTheModelThatIsNamed() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func anchors(_ changes: [String: Any]) throws -> JSONValue {
      let manifest = try SmallExperiment.write(
        in: folder, changes: changes.merging(["sweep": ["decoding.method": ["sp"]]]) { $1 })
      let outcome = try Tool.ablate.run([manifest, "--dry-run", "--json"], store: folder.appending(path: "store"))
      try #require(outcome.status == 0, "\(outcome.messages)")
      let stages = try #require(JSONValue(parsing: outcome.output).array)
      return try #require(stages.first { $0["kind"] == "anchors" }?["fingerprint"])
    }
    let plain = try anchors(["chatTemplate": "chatml"])
    let named = try anchors(["chatTemplate": "chatml", "anchors": ["size": 5, "maximumTokens": 4, "model": "smollm2"]])
    let own = try anchors([:])
    // In conversations of its own, whatever the target's are.
    #expect(named == own && plain != own)
    let missing = try SmallExperiment.write(
      in: folder, changes: ["anchors": ["size": 5, "model": "nowhere.gguf"]])
    let outcome = try Tool.ablate.run([missing, "--dry-run"], store: folder.appending(path: "store"))
    #expect(outcome.status == 66 && outcome.messages.contains("nowhere.gguf"), "\(outcome.messages)")
  }

  /// A model that refuses nothing gives no refusals to tune on: what is missing, and what to do.
  @Test func anEmptyAnchorSetSaysWhatToDo() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "anchors": ["size": 2, "maximumTokens": 6, "refusalSource": "sampled"],
        "sweep": ["decoding.method": ["sp"]], "baselines": [],
      ])
    let outcome = try Tool.ablate.run([manifest], store: folder.appending(path: "store"))
    #expect(outcome.status == 3)
    #expect(outcome.messages.contains("a harmful instruction and its refusal (D_HR), which tuning needs."))
    #expect(outcome.messages.contains("anchors.model") && outcome.messages.contains("anchors.refusalSource"))
  }
}
