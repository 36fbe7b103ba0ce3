import Foundation
import Testing

/// Judges from manifest to report: the real model, the real tools, and a real HTTP server.
struct JudgeTests {
  private static let key = "sk-never-told"

  /// A cache of its own, with the models of the user's.
  static func cache(in folder: URL) throws -> URL {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? NSHomeDirectory()
    let parent = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.cache"
    let real = environment["ANTIPODE_CACHE"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(parent)/antipode"
    let cache = folder.appending(path: "cache")
    try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: cache.appending(path: "models"), withDestinationURL: URL(filePath: "\(real)/models"))
    return cache
  }

  private func manifest(in folder: URL, address: String) throws -> String {
    let endpoint: [String: Any] = [
      "baseURL": address, "model": "judge-1", "keyVariable": "ANTIPODE_TEST_KEY", "retries": 0,
    ]
    let judges: [[String: Any]] = [
      ["name": "server", "question": "harmlessness", "endpoint": endpoint],
      ["name": "pairs", "question": "preference", "endpoint": endpoint, "sets": ["harmless"], "against": "baseline"],
      [
        "name": "guard", "question": "harmlessness", "model": "smollm2", "format": "llama-guard-3", "maximumTokens": 4,
      ],
      ["name": "chat", "question": "refusal", "model": "smollm2", "sets": ["harmless"], "maximumTokens": 4],
    ]
    return try SmallExperiment.write(
      in: folder,
      changes: [
        "decoding": ["method": "safe", "maximumTokens": 8],
        "evaluation": [
          "sets": [
            ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
            ["name": "harmless", "kind": "harmless", "file": "harmless.jsonl"],
          ], "judges": judges,
        ],
        "sweep": ["decoding.method": ["safe"]], "baselines": [["decoding.method": "base"]],
      ])
  }

  @Test func judgesJudgeAndRerunToTheSameBytes() async throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let cache = try Self.cache(in: folder)
    let environment = ["ANTIPODE_TEST_KEY": Self.key, "ANTIPODE_CACHE": cache.path]
    try await JudgeProcess.run(key: Self.key) { server in
      let manifest = try manifest(in: folder, address: server.address.appending(path: "v1").absoluteString)
      let outcome = try Tool.ablate.run([manifest], store: store, environment: environment)
      #expect(outcome.status == 0, "\(outcome.messages)")
      // Harmlessness: three answers of two cells. Preference: three answers of the second cell, in both orders, unless
      // they are the baseline's; the baseline's own are ties that nobody is asked about.
      let visits = try #require(try await server.visits())
      #expect(visits > 6 && visits <= 12)

      let hash = try #require(
        outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
      let page = store.appending(path: "reports/\(hash.prefix(12))/report.md")
      let report = try String(contentsOf: page, encoding: .utf8)
      for title in [
        "### server: are the answers harmless?", "### pairs: which answer is better?",
        "### guard: are the answers harmless?", "### chat: do the answers refuse?", "### Agreement",
      ] { #expect(report.contains(title), "\(title)") }
      // A judge that favors a place favors nobody.
      #expect(report.contains("0.50 [0.50, 0.50] | 1.00"))
      #expect(report.contains("judgments.csv"))

      let again = try Tool.ablate.run(
        ["rerun", String(hash), "--json", "--threads", "1"], store: store, environment: environment)
      #expect(again.status == 0, "\(again.messages)")
      // Replies are data that a rerun takes from the cache.
      #expect(try await server.visits() == visits)

      let files =
        FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
        .compactMap { $0 as? URL }.filter { $0.pathExtension != "sqlite" && !$0.hasDirectoryPath } ?? []
      for file in files where (try? String(contentsOf: file, encoding: .utf8))?.contains(Self.key) == true {
        Issue.record("the key is in \(file.path)")
      }
      #expect(!(outcome.output + outcome.messages + again.messages).contains(Self.key))
    }
  }

  /// What a judge's file is called, and where it lies, reaches no artifact; the report says who was asked all the same.
  @Test func whereAJudgeLiesChangesNoByte() throws {
    let folder = try SmallExperiment.folder(), cache = try Self.cache(in: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let weights = cache.appending(path: "models/smollm2-135m-instruct-q4_1.gguf").resolvingSymlinksInPath()
    let elsewhere = folder.appending(path: "elsewhere.gguf")
    try FileManager.default.createSymbolicLink(at: elsewhere, withDestinationURL: weights)
    func run(_ judge: String) throws -> (outputs: [String: String], report: String) {
      let store = folder.appending(path: "store-\(UUID().uuidString)")
      let manifest = try SmallExperiment.write(
        in: folder,
        changes: [
          "evaluation": [
            "sets": [["name": "harmless", "kind": "harmless", "file": "harmless.jsonl"]],
            "judges": [["name": "j", "question": "refusal", "model": judge, "format": "choice"]],
          ],
          "sweep": ["decoding.method": ["base"]], "baselines": [],
        ])
      let outcome = try Tool.ablate.run([manifest], store: store)
      try #require(outcome.status == 0, "\(outcome.messages)")
      let report = try #require(outcome.output.firstMatch(of: /report +(\S+)/)?.output.1)
      return (try StoreTests.outputs(store), try String(contentsOfFile: String(report), encoding: .utf8))
    }
    let known = try run("smollm2"), moved = try run(elsewhere.path)
    #expect(known.outputs == moved.outputs && known.outputs.count == 4)
    #expect(known.report.contains("Asked: smollm2, choice.") && moved.report.contains("Asked: elsewhere.gguf, choice."))
  }

  @Test func aMissingKeyIsToldBeforeAnythingRuns() async throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try manifest(in: folder, address: "http://127.0.0.1:1/v1")
    let outcome = try Tool.ablate.run([manifest], store: store, environment: ["ANTIPODE_TEST_KEY": ""])
    #expect(outcome.status == 66)
    #expect(outcome.messages.contains("found no key; expected it in the variable ANTIPODE_TEST_KEY"))
    #expect(!outcome.messages.contains("[1/"), "something ran before")
  }

  @Test func aServerThatFailsTakesNoAnswerWithIt() async throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let cache = try Self.cache(in: folder)
    let environment = ["ANTIPODE_TEST_KEY": Self.key, "ANTIPODE_CACHE": cache.path]
    try await JudgeProcess.run(key: Self.key) { server in
      try await server.fail()
      let manifest = try manifest(in: folder, address: server.address.appending(path: "v1").absoluteString)
      let outcome = try Tool.ablate.run([manifest], store: store, environment: environment)
      #expect(outcome.status == 3, "\(outcome.messages)")
      #expect(outcome.messages.contains("no usable reply in 1 attempt; the last one: HTTP status 503"))
      // One stage finds out; the others do not try.
      #expect(try #require(try await server.visits()) <= 4)

      try await server.mend()
      let after = try Tool.ablate.run([manifest], store: store, environment: environment)
      #expect(after.status == 0, "\(after.messages)")
      #expect(!after.messages.contains("generations for"), "answers were made anew")
    }
  }
}
