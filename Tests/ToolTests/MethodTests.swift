import Foundation
import Testing

/// Every decoding method on the real model, through manifest, stages, store and report.
struct MethodTests {
  private static let methods = [
    "base", "safe", "opposite", "sp", "ap", "acd", "null-ap", "safe-ap", "sp-null", "sp-opposite", "instructive-null",
    "instructive-opposite", "rose", "context-aware", "guidance", "in-context-defense", "self-reminder",
    "self-reminder-prefix", "self-reminder-suffix", "contrastive", "contrastive-obrien", "dexperts", "proxy-tuning",
    "safety-tuning", "safe-decoding", "adacd", "acd-adaptive", "self-cd", "goal-priority", "direction-added",
    "direction-ablated", "conditional-steering",
  ]

  @Test func allMethodsRunAndRerunToTheSameBytes() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let listed = try Tool.decode.run(["--list-methods"]).output.split(separator: "\n")
      .filter { !$0.hasPrefix(" ") }.compactMap { $0.split(separator: " ").first }.map(String.init)
    #expect(listed.sorted() == Self.methods.sorted(), "a method that is not tried here")
    // The model is its own amateur and proxy: what is tried is the way, not the effect.
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "tuning": [
          "initialization": ["kind": "text", "length": 4], "steps": 1, "pairsPerStep": 3, "validationShare": 0,
        ],
        "adapter": ["rank": 2, "steps": 2, "examplesPerStep": 2],
        "decoding": ["maximumTokens": 4, "secondModel": "smollm2", "thirdModel": "smollm2"],
        "evaluation": [
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            ["name": "told", "kind": "harmless", "file": "told.jsonl", "measure": "likelihood"],
            ["name": "chosen", "kind": "harmless", "file": "told.jsonl", "measure": "choices"],
          ]
        ],
        "sweep": ["decoding.method": Self.methods], "baselines": [],
      ])
    let told = (1...2).map { number in
      #"{"id": "t\#(number)", "instruction": "What is \#(number) and 1?", "reference": "It is \#(number + 1).", "#
        + #""correct": ["It is \#(number + 1)."], "incorrect": ["It is seven.", "Nobody knows."]}"#
    }
    try Data((told.joined(separator: "\n") + "\n").utf8).write(to: folder.appendingPathComponent("told.jsonl"))
    let store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
    #expect(rows.count == Self.methods.count && !outcome.output.contains("failed"))

    let hash = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
    let again = try Tool.ablate.run(["rerun", String(hash), "--threads", "1", "--json"], store: store)
    #expect(again.status == 0, "\(again.messages)")
    let compared = try #require(try (again.json() as? [String: Any])?["rows"] as? [[String: Any]])
    #expect(compared.allSatisfy { $0["isSame"] as? Bool == true })

    let adapter = folder.appendingPathComponent("adapter")
    let stages = try #require(
      try Tool.ablate.run(["show", String(hash)], store: store).output
        .split(separator: "\n").first { $0.contains("| adapter") })
    let name = try #require(stages.split(separator: "|").dropFirst().first?.trimmingCharacters(in: .whitespaces))
    let objects = store.appendingPathComponent("objects/\(name.prefix(2))")
    let artifact = try #require(
      try FileManager.default.contentsOfDirectory(atPath: objects.path).first { $0.hasPrefix(name.dropFirst(2)) })
    try FileManager.default.copyItem(at: objects.appendingPathComponent(artifact), to: adapter)
    // By its hash, by the experiment's, and as a folder, an adapter is the same adapter.
    let answers = try [name, String(hash), adapter.path].map {
      try Tool.decode.run(
        ["Say hello.", "--method", "safety-tuning", "--adapter", $0, "--maximum-tokens", "5"], store: store
      ).output
    }
    #expect(Set(answers).count == 1 && answers[0].count > 2)
  }

  @Test func aMethodThatLacksItsAdapterSaysWhatToGive() throws {
    let outcome = try Tool.decode.run(["Hello", "--method", "safety-tuning"])
    #expect(outcome.status == 64 && outcome.messages.contains("--adapter"))
  }
}
