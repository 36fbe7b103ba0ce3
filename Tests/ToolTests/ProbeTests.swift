import Foundation
import Testing

/// The probe and the refusal direction on the real model, through manifest, stages, store and report.
struct ProbeTests {
  @Test func aProbeIsAStageWithAChart() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "decoding": ["method": "base", "maximumTokens": 3], "baselines": [],
        "sweep": ["decoding.method": ["base", "direction-ablated"]],
        "evaluation": [
          "probe": "safe",
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            ["name": "harmless", "kind": "harmless", "file": "harmless.jsonl"],
          ],
        ],
      ])
    let store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let hash = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
    let page = folder.appendingPathComponent("page")
    let written = try Tool.report.run([String(hash), "--output", page.path], store: store)
    #expect(written.status == 0, "\(written.messages)")
    let report = try String(contentsOf: page.appendingPathComponent("report.md"), encoding: .utf8)
    #expect(report.contains("## Probe") && report.contains("probe.svg") && report.contains("⚠"))
    #expect(FileManager.default.fileExists(atPath: page.appendingPathComponent("probe.svg").path))
    let again = try Tool.ablate.run(["rerun", String(hash), "--threads", "1", "--json"], store: store)
    #expect(again.status == 0, "\(again.messages)")
    // The tool finds the direction that the experiment found.
    let answer = try Tool.decode.run(
      ["Say hello.", "--method", "direction-ablated", "--maximum-tokens", "4"], store: store)
    #expect(answer.status == 0 && answer.messages.contains("direction-ablated"), "\(answer.messages)")
  }
}
