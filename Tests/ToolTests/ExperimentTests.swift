import Foundation
import TestSupport
import Testing

/// The whole path on the real model, with the tools as they are typed.
@Suite(.serialized, .enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct ExperimentTests {
  @Test func aRunPrintsItsTableItsHashAndItsReport() throws {
    let run = try SmallExperiment.shared()
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.output.hasPrefix("small: Does the path hold?\n"))
    let table = run.output.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(table.count == 5, "head, rule, base, two values of α")
    #expect(table[0].contains("harmful: refused (n = 3)") && table[0].contains("harmless: refused (n = 3)"))
    #expect(table[2].contains("base"))
    // A rate of three answers and its Wilson interval.
    #expect(try table[2...].allSatisfy { try $0.contains(Regex(#"\d\.\d\d \[\d\.\d\d, \d\.\d\d\]"#)) })
    #expect(run.hash.count == 64)
    #expect(run.output.contains("report     \(run.store.path)/reports/\(run.hash.prefix(12))/report.md"))
  }

  @Test func progressTellsStageRateAndRemainingTimeInPlainLines() throws {
    let messages = try SmallExperiment.shared().messages
    let line = try Regex(#"\[\d+/\d+\] [^\n]+: \d+/\d+ [a-z]+, [\d.]+ [a-z]+/s, [\dh min.s]+ left\n"#)
    #expect(messages.contains(line), "\(messages)")
    #expect(!messages.contains("\r") && !messages.contains("\u{1B}"))
  }

  @Test func theReportHoldsWhatAReaderNeeds() throws {
    let run = try SmallExperiment.shared()
    let folder = run.folder.appendingPathComponent("report")
    let outcome = try Tool.report.run([String(run.hash.prefix(8)), "--output", folder.path], store: run.store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output == folder.appendingPathComponent("report.md").path + "\n")
    let text = try String(contentsOf: folder.appendingPathComponent("report.md"), encoding: .utf8)
    for part in ["Does the path hold?", "95 %", run.hash, "processor", "swift run ablate rerun", run.manifest] {
      #expect(text.contains(part), "\(part)")
    }
    let charts = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".svg") }
    #expect(!charts.isEmpty && charts.allSatisfy { text.contains("(\($0))") })
    for chart in charts { _ = try XMLDocumentCheck(folder.appendingPathComponent(chart)) }
  }

  @Test func aReportIsWrittenToTheFileThatIsNamed() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, start) in [("page.html", "<!"), ("page.md", "# small")] {
      let file = folder.appendingPathComponent(name)
      let outcome = try Tool.report.run([String(run.hash.prefix(8)), "--output", file.path], store: run.store)
      #expect(outcome.status == 0 && outcome.output == file.path + "\n", "\(outcome.messages)")
      #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix(start), "\(name)")
    }
    let both = try Tool.report.run(
      ["compare", run.hash, run.hash, "--output", folder.appendingPathComponent("both.html").path], store: run.store)
    #expect(both.status == 0, "\(both.messages)")
    let contradiction = try Tool.report.run([run.hash, "--output", "x.html", "--format", "markdown"], store: run.store)
    #expect(contradiction.status == 64)
    #expect(try Tool.report.run(["compare", run.hash], store: run.store).status == 64)
  }

  @Test func whatIsStoredIsNotComputedAgain() throws {
    let run = try SmallExperiment.shared()
    let plan = try Tool.ablate.run([run.manifest, "--dry-run", "--json"], store: run.store)
    let stages = try #require(try plan.json() as? [[String: Any]])
    // Anchors, two prompts, then for three cells two generations, two verdicts and the metrics.
    #expect(stages.count == 18 && stages.allSatisfy { $0["stored"] as? Bool == true })
    let again = try Tool.ablate.run([run.manifest], store: run.store)
    #expect(again.status == 0 && again.output == run.output)
    #expect(again.messages == "18 of 18 stages are in the store already.\n")
    #expect(try Tool.ablate.run([run.manifest, "--quiet"], store: run.store).messages.isEmpty)
  }

  @Test func aDryRunWritesNothing() throws {
    let folder = try SmallExperiment.folder(), store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([try SmallExperiment.write(in: folder), "--dry-run"], store: store)
    #expect(outcome.status == 0 && outcome.output.contains("18 of 18 stages to compute"))
    #expect(!FileManager.default.fileExists(atPath: store.path))
  }

  @Test func everyListingIsOneJSONDocument() throws {
    let run = try SmallExperiment.shared(), prefix = String(run.hash.prefix(6))
    let list = try #require(try Tool.ablate.run(["list", "--json"], store: run.store).json() as? [[String: Any]])
    #expect(list.contains { $0["fingerprint"] as? String == run.hash && $0["done"] as? Int == 3 })
    let shown = try Tool.ablate.run(["show", prefix, "--json"], store: run.store)
    #expect(try (shown.json() as? [String: Any])?["fingerprint"] as? String == run.hash)
    let ran = try Tool.ablate.run([run.manifest, "--json"], store: run.store)
    #expect(try ((ran.json() as? [String: Any])?["cells"] as? [Any])?.count == 3)
    let prompts = try Tool.tune.run([run.manifest, "--json"], store: run.store)
    #expect(try (prompts.json() as? [[String: Any]])?.map { $0["role"] as? String } == ["safeguarding", "adversarial"])
    #expect(try Tool.ablate.run(["list"], store: run.store).output.contains(run.hash.prefix(12)))
    #expect(try Tool.ablate.run(["show", prefix], store: run.store).output.contains("small: Does the path hold?"))
  }

  /// What stands around prompts and instructions, as `decode --trace` prints it.
  @Test func conversationsAreShownTokenByToken() throws {
    let run = try SmallExperiment.shared(), prefix = String(run.hash.prefix(6))
    let shown = try Tool.ablate.run(["show", prefix, "--conversation"], store: run.store)
    #expect(shown.status == 0, "\(shown.messages)")
    for role in ["safeguarding", "adversarial"] {
      let start = "“<|im_start|>” “system” “⏎” “[the \(role) prompt]” “<|im_end|>” “⏎” “<|im_start|>” “user” “⏎”"
      #expect(shown.output.contains(start), "\(shown.output)")
    }
    let file = try Data(contentsOf: run.folder.appending(path: "harmless.jsonl"))
    let line = try #require(file.split(separator: UInt8(ascii: "\n")).first)
    let row = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
    let first = try #require(row["instruction"] as? String)
    let traced = try Tool.decode.run(
      [first, "--method", "base", "--trace", "--maximum-tokens", "1"], store: run.store)
    let stream = try #require(traced.output.split(separator: "\n").first)
    #expect(stream.hasPrefix("stream 1: ") && shown.output.contains(stream), "\(shown.output)\n\(traced.output)")
    let json = try Tool.ablate.run(["show", prefix, "--conversation", "--json"], store: run.store).json()
    let record = try #require(json as? [String: Any])
    let conversations = try #require(record["conversations"] as? [[String: Any]])
    let holders = conversations.compactMap { $0["holders"] as? [[String: String]] }.joined()
    // Two prompts, and of three cells the answers to two sets.
    #expect(record["fingerprint"] as? String == run.hash && holders.count == 8, "\(holders)")
  }

  @Test func aRerunGivesTheSameBytesOnOneThreadAsOnTwo() throws {
    let run = try SmallExperiment.shared()
    let outcome = try Tool.ablate.run(
      ["rerun", String(run.hash.prefix(5)), "--threads", "1", "--json"], store: run.store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let rows = try #require(try (outcome.json() as? [String: Any])?["rows"] as? [[String: Any]])
    #expect(rows.count == 18 && rows.allSatisfy { $0["isSame"] as? Bool == true }, "\(outcome.output)")
  }

  /// Other precisions are other experiments with other prompts, and rerun to the same bytes as well.
  @Test func aRerunAtInt8GivesTheSameBytes() throws {
    let exact = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    let manifest = try SmallExperiment.write(in: folder, changes: ["precision": "int8"])
    let store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let hash = try #require(outcome.output.firstMatch(of: try Regex("experiment ([0-9a-f]{64})"))?[1].substring)
    #expect(hash != exact.hash)
    let rerun = try Tool.ablate.run(["rerun", String(hash), "--threads", "1", "--json"], store: store)
    #expect(rerun.status == 0, "\(rerun.messages)")
    let rows = try #require(try (rerun.json() as? [String: Any])?["rows"] as? [[String: Any]])
    #expect(rows.count == 18 && rows.allSatisfy { $0["isSame"] as? Bool == true }, "\(rerun.output)")
  }

  @Test func aRerunThatDiffersSaysSo() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    let store = folder.appendingPathComponent("store")
    try FileManager.default.copyItem(at: run.store, to: store)
    // Another output hash in a metrics record, as if an older program had written it.
    let stages =
      try Tool.ablate.run([run.manifest, "--dry-run", "--json"], store: run.store).json() as? [[String: Any]]
    let metrics = try #require(stages?.last?["fingerprint"] as? String)
    let record = store.appendingPathComponent("objects/\(metrics.prefix(2))/\(metrics.dropFirst(2))/record.json")
    let text = try String(contentsOf: record, encoding: .utf8)
    let output = try #require(text.firstMatch(of: try Regex(#""output":"([0-9a-f]{64})""#)))
    let changed = text.replacingCharacters(
      in: output.range, with: #""output":"\#(String(repeating: "0", count: 64))""#)
    try Data(changed.utf8).write(to: record)
    let outcome = try Tool.ablate.run(["rerun", run.hash], store: store)
    #expect(outcome.status == 2, "\(outcome.output)\(outcome.messages)")
    #expect(outcome.output.split(separator: "\n").filter { $0.contains("| differ ") }.count == 1, "\(outcome.output)")
  }

  @Test func anInterruptedRunGoesOnToTheSameBytes() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    let manifest = try SmallExperiment.write(in: folder), store = folder.appendingPathComponent("store")
    let first = try Tool.ablate.run([manifest], store: store, interruptedAt: "safeguarding prompt: 1/4")
    #expect(first.status == 75, "\(first.messages)")
    #expect(first.messages.contains("Run the same command again to resume"))
    let second = try Tool.ablate.run([manifest], store: store)
    #expect(second.status == 0 && second.messages.contains("Going on from step"), "\(second.messages)")
    #expect(try Self.outputs(store) == Self.outputs(run.store))
  }

  /// The output hash of every artifact, by its name.
  private static func outputs(_ store: URL) throws -> [String: String] {
    let objects = store.appendingPathComponent("objects")
    var outputs: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: objects.path) where path.hasSuffix("record.json") {
      let record = try JSONSerialization.jsonObject(with: Data(contentsOf: objects.appendingPathComponent(path)))
      outputs[path] = (record as? [String: Any])?["output"] as? String
    }
    return outputs
  }

  @Test func aCellThatFailsLeavesTheOthersWhole() throws {
    let folder = try SmallExperiment.folder()
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "sweep": ["tuning.learningRate": [0.001, 1e300]], "decoding": ["method": "sp", "maximumTokens": 6],
      ])
    let store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    #expect(outcome.status == 3)
    #expect(outcome.messages.contains("Tuning diverged: at step") && outcome.messages.contains("tuning.learningRate"))
    let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(rows.count == 5 && rows.filter { $0.contains("failed") }.count == 1, "\(outcome.output)")
  }
}

/// An XML document that parses.
private struct XMLDocumentCheck {
  init(_ file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    // Every element that opens closes; enough to catch an escape that was forgotten.
    #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n"), "\(file.lastPathComponent)")
    #expect(!text.contains("nan") && !text.contains("inf"), "\(file.lastPathComponent)")
  }
}
