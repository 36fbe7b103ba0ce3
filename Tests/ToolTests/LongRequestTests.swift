import Foundation
import TestSupport
import Testing

/// Requests that are longer than what the model can read.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct LongRequestTests {
  private let long = String(repeating: "Tell me all about it. ", count: 4000)

  private func lines(_ texts: [String]) throws -> String {
    try texts.enumerated().map { index, text in
      let row = ["id": "r\(index + 1)", "instruction": text]
      return String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self) + "\n"
    }.joined()
  }

  @Test func decodeNamesItsLineBeforeAnythingRuns() throws {
    let outcome = try Tool.decode.run(
      ["-", "--maximum-tokens", "2"], input: lines(["Say one.", long, "Say two."]))
    #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome.messages)")
    #expect(outcome.messages.contains("standard input, line 2: found "), "\(outcome.messages)")
    #expect(outcome.messages.contains("tokens with the prompt and the chat template, expected at most "))
    #expect(try Tool.decode.run([long, "--maximum-tokens", "2"]).status == 65)
  }

  @Test func anExperimentCountsItApart() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: ["decoding": ["method": "base", "maximumTokens": 2], "sweep": ["seed": [1]], "baselines": []])
    try Data(lines([long, "Say one.", "Say two."]).utf8).write(to: folder.appending(path: "harmful.jsonl"))
    let outcome = try Tool.ablate.run([manifest], store: folder.appending(path: "store"))
    #expect(outcome.status == 0, "\(outcome.messages)")
    let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(rows.first?.hasSuffix(" too long |") == true && rows.last?.hasSuffix(" 1 / 0 |") == true, "\(rows)")
  }

  @Test func anAnchorIsNamed() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(lines([long, "Say one."]).utf8).write(to: folder.appending(path: "anchors.jsonl"))
    let manifest = try SmallExperiment.write(
      in: folder, changes: ["anchors": ["size": 2, "maximumTokens": 2, "harmful": "anchors.jsonl"]])
    let outcome = try Tool.ablate.run([manifest], store: folder.appending(path: "store"))
    #expect(outcome.status == 3 && outcome.messages.contains("the anchors' instruction \"r1\": found "))
  }
}
