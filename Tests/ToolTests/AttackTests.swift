import Foundation
import TestSupport
import Testing

/// Attacks, several answers and several turns through the tools, on the real model.
@Suite(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct AttackTests {
  private func write(_ lines: String, _ name: String, in folder: URL) throws {
    try Data(lines.utf8).write(to: folder.appendingPathComponent(name))
  }

  private func rows(_ store: URL, _ kind: String) throws -> [[[String: Any]]] {
    let objects = store.appendingPathComponent("objects")
    let files = FileManager.default.enumerator(at: objects, includingPropertiesForKeys: nil)?.allObjects ?? []
    return try files.compactMap { $0 as? URL }.filter { $0.lastPathComponent == kind }.map { file in
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
  }

  @Test func anExperimentUnderAttack() throws {
    let folder = try SmallExperiment.folder(), store = folder.appendingPathComponent("store")
    try write(
      #"{"instruction": "Name a fruit.", "answer": "A plum."}"# + "\n", "shots.jsonl", in: folder)
    let turns =
      #"{"id": "t1", "topic": "talk", "messages": [{"role": "user", "content": "Hi."}, "#
      + #"{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Name a color."}]}"#
    try write(turns + "\n", "turns.jsonl", in: folder)
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "decoding": ["method": "safe", "maximumTokens": 6, "temperature": 1, "samples": 2],
        "evaluation": [
          "sets": [
            [
              "name": "own", "kind": "harmful", "file": "harmful.jsonl",
              "attacks": ["base64", ["kind": "many-shot", "file": "shots.jsonl", "shots": 1]],
            ],
            ["name": "turns", "kind": "harmless", "file": "turns.jsonl"],
          ]
        ],
        "sweep": ["decoding.method": ["safe"]],
      ])
    let outcome = try Tool.ablate.run([manifest], store: store)
    try #require(outcome.status == 0, "\(outcome.messages)")
    #expect(
      outcome.output.contains("own under base64") && outcome.output.contains("answered, of those refused without"))
    let path = try #require(outcome.output.firstMatch(of: /report +(\S+)/)?.output.1)
    let report = try String(contentsOfFile: String(path), encoding: .utf8)
    for heading in ["## Attacks", "## Over samples", "## By category"] {
      #expect(report.contains(heading), "\(heading)")
    }
    #expect(report.contains("`many-shot (shots.jsonl) 1`"))
    // Two answers a request, the plain request beside what was asked.
    let answers = try rows(store, "generations.jsonl")
    for rows in answers where rows.count == 6 {
      #expect(rows[1]["id"] as? String == "\(rows[0]["id"] as? String ?? "")#2")
      #expect(rows[1]["request"] as? String == rows[0]["id"] as? String && rows[0]["request"] == nil)
      #expect((rows[0]["instruction"] as? String)?.contains("Base64") == false)
    }
    #expect(answers.contains { $0.first?["asked"].map { "\($0)".contains("User: Name a fruit.") } == true })
    #expect(answers.contains { ($0.first?["instruction"] as? String)?.contains("[assistant] Hello!") == true })
    let again = try Tool.ablate.run([manifest, "--threads", "1"], store: folder.appendingPathComponent("other"))
    #expect(again.status == 0)
    let others = try rows(folder.appendingPathComponent("other"), "generations.jsonl")
    func texts(_ rows: [[[String: Any]]]) -> [String] { rows.map { "\($0.map { $0["text"] as? String })" }.sorted() }
    #expect(texts(answers) == texts(others))
  }

  @Test func decodeUnderAttack() throws {
    let outcome = try Tool.decode.run([
      "Name a color.", "--attack", "leetspeak", "--trace", "--maximum-tokens", "2",
    ])
    #expect(outcome.status == 0 && outcome.output.contains("4"), "\(outcome.messages)")
    let plain = try Tool.decode.run(["N4m3 4 c0l0r.", "--trace", "--maximum-tokens", "2"])
    #expect(plain.output == outcome.output)
    let unknown = try Tool.decode.run(["x", "--attack", "many-shot"])
    #expect(unknown.status == 64 && unknown.messages.contains("--attack: found many-shot, expected prefix-injection"))
  }

  @Test func attacksAreListed() throws {
    let outcome = try Tool.decode.run(["--list-attacks"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: "attacks.txt")
    let fetch = try Tool.ablate.run(["fetch"])
    #expect(fetch.output.contains("jailbreakbench-random-search-llama-2"))
  }

  /// What is wrong with an attack's file, or with a conversation, is told before anything is computed.
  @Test func badFilesAreNamed() throws {
    let folder = try SmallExperiment.folder()
    try write(#"{"id": "x", "messages": [{"role": "tool", "content": "Hi."}]}"# + "\n", "turns.jsonl", in: folder)
    try write(#"{"id": "x", "instruction": "y"}"# + "\n", "zulu.jsonl", in: folder)
    func message(_ set: [String: Any]) throws -> String {
      let manifest = try SmallExperiment.write(
        in: folder,
        changes: [
          "evaluation": ["sets": [["name": "s", "kind": "harmful"].merging(set) { $1 }]], "baselines": [],
          "sweep": ["decoding.method": ["base"]],
        ])
      let outcome = try Tool.ablate.run(
        [manifest, "--dry-run"], store: folder.appendingPathComponent("none"))
      #expect(outcome.status == 65)
      return outcome.messages
    }
    #expect(
      try message(["file": "turns.jsonl"]).contains("turns.jsonl, line 1: found the role \"tool\" as messages[0]"))
    let translated: [String: Any] = ["kind": "translation", "file": "zulu.jsonl"]
    #expect(
      try message(["file": "harmful.jsonl", "attack": translated]).contains("zulu.jsonl: the file: found no row with"))
  }
}
