import Foundation
import JSON
import TestSupport
import Testing

/// Fluency and noise on the real model, through the tools.
@Suite(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct FluencyTests {
  private func run(fluency: Bool, in folder: URL) throws -> (Tool.Outcome, URL) {
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "decoding": ["method": "instructive-opposite", "maximumTokens": 16],
        "evaluation": [
          "fluency": fluency, "sets": [["name": "harmless", "kind": "harmless", "file": "harmless.jsonl"]],
        ],
        "sweep": ["decoding.alpha": [0.3, 20]],
      ])
    let store = folder.appending(path: "store")
    return (try Tool.ablate.run([manifest], store: store), store)
  }

  /// A contrast that is far too strong writes rare tokens, which no check for loops finds.
  @Test func aStrongContrastIsToldAsNoise() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (outcome, store) = try run(fluency: true, in: folder)
    try #require(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.contains(" noise |"))
    let path = try #require(outcome.output.firstMatch(of: /report +(\S+)/)?.output.1)
    let document = try JSONValue(
      parsing: String(
        contentsOf: URL(filePath: String(path)).deletingLastPathComponent().appending(path: "results.json"),
        encoding: .utf8))
    for row in try #require(document["results"]?.array) {
      let noise = try #require(row["noise"]?.integer), fluency = try #require(row["fluency"]?.number)
      let bound = try #require(row["noise_bound"]?.number), label = row["cell"]?.string ?? ""
      let loops = try #require(row["degenerate"]?.integer)
      if label.contains("20") {
        #expect(noise + loops == 3 && noise > 0 && fluency < bound, "\(row)")
      } else {
        #expect(noise == 0 && fluency > bound, "\(row)")
      }
    }
    let report = try String(contentsOfFile: String(path), encoding: .utf8)
    #expect(report.contains("Noise is an answer of at least 8 tokens") && report.contains("## Cost"))

    // No more than the stated shares of what the model writes itself, and of refusals, would be noise.
    var bounds = 0
    for output in try StoreTests.outputs(store).keys {
      let artifact = store.appending(path: "objects/\(output)").deletingLastPathComponent()
      guard let text = try? String(contentsOf: artifact.appending(path: "bound.json"), encoding: .utf8) else {
        continue
      }
      let bound = try #require(JSONValue(parsing: text)["logLikelihood"]?.number)
      let rows = try String(contentsOf: artifact.appending(path: "likelihoods.jsonl"), encoding: .utf8)
        .split(separator: "\n").map { try JSONValue(parsing: String($0)) }
      for (source, share, count) in [("own", 0.025, 80), ("refusal", 0.05, 120)] {
        let found = rows.filter { $0["source"]?.string == source }
        let below = found.count { ($0["tokens"]?.integer ?? 0) >= 8 && ($0["logLikelihood"]?.number ?? 0) < bound }
        #expect(found.count == count && Double(below) <= share * Double(count), "\(source): \(below)")
      }
      bounds += 1
    }
    #expect(bounds == 1, "one bound a set, whatever the cells")

    let hash = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
    let again = try Tool.ablate.run(["rerun", String(hash), "--threads", "1"], store: store)
    #expect(again.status == 0, "\(again.output)\(again.messages)")
  }

  @Test func itCanBeTurnedOff() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (outcome, _) = try run(fluency: false, in: folder)
    try #require(outcome.status == 0, "\(outcome.messages)")
    #expect(!outcome.output.contains("noise") && !outcome.messages.contains("fluency"))
  }
}
