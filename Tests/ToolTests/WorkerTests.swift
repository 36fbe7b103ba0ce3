import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// Workers that share a file of stages, by nothing but the store. `Tests/Slurm` has them under a real Slurm.
struct WorkerTests {
  /// An experiment without a model: given answers, judged by rules.
  private struct Given {
    let folder: URL
    let manifest: String

    init(cells: Int) throws {
      folder = try SmallExperiment.folder()
      let requests = (0..<3).map { #"{"id":"r\#($0)","instruction":"What is \#($0) and 1?"}"# }
      try Self.write(requests, to: folder.appending(path: "requests.jsonl"))
      for cell in 0..<cells {
        let answers = (0..<3).map { #"{"id":"r\#($0)","answer":"It is \#($0 + 1), or \#(cell)."}"# }
        try Self.write(answers, to: folder.appending(path: "answers-\(cell).jsonl"))
      }
      let value: [String: Any] = [
        "name": "given",
        "evaluation": [
          "fluency": false, "sets": [["name": "sums", "kind": "harmless", "file": "requests.jsonl"]],
        ],
        "sweep": ["evaluation.answers": (0..<cells).map { ["sums": "answers-\($0).jsonl"] }],
      ]
      let file = folder.appending(path: "given.json")
      try JSONSerialization.data(withJSONObject: value).write(to: file)
      manifest = file.path
    }

    private static func write(_ lines: [String], to file: URL) throws {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    }
  }

  private static func made(_ outcomes: [Tool.Outcome]) throws -> Int {
    try outcomes.reduce(0) { sum, outcome in
      sum + (((try outcome.json() as? [String: Any])?["made"] as? Int) ?? 0)
    }
  }

  private static func items(_ file: URL) throws -> [String] {
    let value = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    return (value?["waves"] as? [[[String]]] ?? []).flatMap { $0 }.flatMap { $0 }
  }

  private static func workers(_ count: Int, _ stages: URL, store: URL) -> [Tool.Outcome] {
    let outcomes = Mutex<[Tool.Outcome]>([])
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      do {
        let outcome = try Tool.ablate.run(
          ["worker", "--stages", stages.path, "--threads", "1", "--json"], store: store)
        outcomes.withLock { $0.append(outcome) }
      } catch {
        Issue.record(error)
      }
    }
    return outcomes.withLock { $0 }
  }

  /// A manifest's record as it is listed, whoever wrote it.
  private static func cells(_ store: URL) throws -> [[String: Any]] {
    let list = try Tool.ablate.run(["list", "--json"], store: store).json() as? [[String: Any]]
    return list ?? []
  }

  @Test func workersShareAnExperimentAndTheLastWritesItsRecord() throws {
    let given = try Given(cells: 20), one = given.folder.appending(path: "one")
    defer { try? FileManager.default.removeItem(at: given.folder) }
    #expect(try Tool.ablate.run([given.manifest], store: one).status == 0)
    let store = given.folder.appending(path: "many"), stages = given.folder.appending(path: "stages.json")
    let split = try Tool.ablate.run(["split", given.manifest, "--output", stages.path], store: store)
    #expect(split.status == 0 && split.output.contains("60 of 60 stages to compute"), "\(split)")
    #expect(try Self.cells(store).map { $0["done"] as? Int } == [0])
    // The data files are the store's from here on.
    try FileManager.default.removeItem(at: given.folder.appending(path: "answers-3.jsonl"))
    let outcomes = Self.workers(4, stages, store: store)
    #expect(outcomes.count == 4 && outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
    #expect(try Self.made(outcomes) == 60)
    #expect(try StoreTests.outputs(store) == StoreTests.outputs(one))
    #expect(try Self.cells(store).map { $0["done"] as? Int } == [20])
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.appending(path: "reports").path).count == 1)
    for folder in ["work", "users", "temporary"] {
      #expect(try FileManager.default.contentsOfDirectory(atPath: store.appending(path: folder).path).isEmpty)
    }
    // No SQLite file, and no lock, in what many hosts may share.
    let names = try FileManager.default.contentsOfDirectory(atPath: store.path)
    #expect(Set(names) == ["experiments", "objects", "reports", "temporary", "users", "work"], "\(names)")
    let status = try Tool.ablate.run(["status", given.manifest], store: one)
    #expect(status.status == 66, "a data file is gone: \(status)")
    let unfinished = try Tool.ablate.run(["status"], store: store)
    #expect(unfinished.output.contains("is unfinished"), "\(unfinished)")
  }

  @Test func whatLacksItsInputsIsSkippedAndTheStatusTellsTheRest() throws {
    let given = try Given(cells: 1), store = given.folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: given.folder) }
    let stages = given.folder.appending(path: "stages.json")
    #expect(try Tool.ablate.run(["split", given.manifest, "--output", stages.path], store: store).status == 0)
    let items = try Self.items(stages)
    let value = try JSONSerialization.jsonObject(with: Data(contentsOf: stages)) as? [String: Any]
    let experiments = try #require(value?["experiments"] as? [String])
    // Tasks in an order in which nobody would put them.
    let changed: [String: Any] = ["experiments": experiments, "waves": [[[items[1]]], [[items[0]]], [[items[2]]]]]
    try JSONSerialization.data(withJSONObject: changed).write(to: stages)
    func worker(_ index: Int) throws -> Tool.Outcome {
      try Tool.ablate.run(["worker", "--stages", stages.path, "--index", "\(index)"], store: store)
    }
    let first = try worker(0)
    #expect(first.status == 3 && first.messages.contains("skipped: the store lacks generations"), "\(first)")
    #expect(try worker(1).status == 0)
    func status() throws -> [String: [String: Int]] {
      let all = try Tool.ablate.run(["status", experiments[0], "--json"], store: store).json() as? [[String: Any]]
      let kinds = try #require(all?.first?["kinds"] as? [[String: Any]])
      return Dictionary(
        uniqueKeysWithValues: kinds.map { kind in
          (kind["kind"] as? String ?? "", kind.compactMapValues { $0 as? Int }.filter { $0.value > 0 })
        })
    }
    #expect(try status() == ["generations": ["done": 1], "verdicts": ["waiting": 1], "metrics": ["waiting": 1]])
    let last = try worker(2)
    #expect(last.status == 3 && last.messages.contains("skipped: the store lacks verdicts"), "\(last)")
    #expect(try worker(0).status == 0 && worker(2).status == 0)
    #expect(try status().values.allSatisfy { $0 == ["done": 1] })
    let outside = try worker(3)
    #expect(outside.status == 64 && outside.messages.contains("--index: found 3, expected 0 to 2"), "\(outside)")
  }

  @Test func aDryRunForSlurmShowsTheScriptAndWritesNothing() throws {
    let given = try Given(cells: 2), store = given.folder.appending(path: "the store")
    defer { try? FileManager.default.removeItem(at: given.folder) }
    let site = given.folder.appending(path: "slurm.json")
    try Data(#"{"sbatch": ["--partition=cpu"], "setup": ["module load openblas"], "atOnce": 3}"#.utf8).write(to: site)
    func run(_ arguments: [String]) throws -> Tool.Outcome {
      try Tool.ablate.run(
        [given.manifest] + arguments, store: store, environment: ["PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": "/none"])
    }
    let shown = try run(["--slurm", "--dry-run", "--sbatch", "--partition=gpu --gres=gpu:1"])
    #expect(shown.status == 0, "\(shown)")
    for part in [
      "#SBATCH --partition=cpu\n#SBATCH --partition=gpu --gres=gpu:1\nmodule load openblas\n", "#SBATCH --requeue",
      "worker --store '\(store.path)'", "sbatch --parsable --array=0-0%3 ", "6 of 6 stages to compute",
    ] {
      #expect(shown.output.contains(part), "\(part) in \(shown.output)")
    }
    #expect(!FileManager.default.fileExists(atPath: store.path))
    #expect(try run(["--jobs", "3"]).status == 64)
    #expect(try run(["--slurm", "--sbatch", "partition=gpu"]).status == 65)
    try Data(#"{"partition": "gpu"}"#.utf8).write(to: site)
    let wrong = try run(["--slurm", "--dry-run"])
    #expect(wrong.status == 65 && wrong.messages.contains(#"found the key "partition""#), "\(wrong)")
  }

  @Test func aSubmissionWithoutSlurmIsSaid() throws {
    let given = try Given(cells: 1), store = given.folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: given.folder) }
    let outcome = try Tool.ablate.run(
      [given.manifest, "--slurm"], store: store, environment: ["PATH": given.folder.path])
    #expect(outcome.status == 71 && outcome.messages.contains("scontrol: there is no such program here"), "\(outcome)")
    let cancel = try Tool.ablate.run(["cancel", "abc"], store: store)
    #expect(cancel.status == 66, "\(cancel)")
  }

  @Test(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
  func stagesInPartsHaveTheBytesOfWholeOnes() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder), store = folder.appending(path: "store")
    let stages = folder.appending(path: "stages.json")
    let split = try Tool.ablate.run(
      ["split", manifest, "--jobs", "12", "--part", "1", "--output", stages.path], store: store)
    #expect(split.status == 0)
    let items = try Self.items(stages)
    #expect(items.count { $0.contains(" 1/") } > 0 && Set(items).count == items.count, "\(items)")
    // Interrupted while it tunes, it leaves a checkpoint, and says with its status that it is to be started again.
    let first = try Tool.ablate.run(
      ["worker", "--stages", stages.path], store: store, interruptedAt: "safeguarding prompt: 1/4")
    #expect(first.status == 75, "\(first.messages)")
    let outcomes = Self.workers(2, stages, store: store)
    #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
    #expect(outcomes.contains { $0.messages.contains("Going on from step") })
    #expect(try StoreTests.outputs(store) == StoreTests.outputs(run.store))
    #expect(try Self.cells(store).map { $0["fingerprint"] as? String } == [run.hash])
  }

  @Test(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
  func whatFailsIsToldAndTakesOnlyWhatNeedsItAlong() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "sweep": ["tuning.learningRate": [0.001, 1e300]], "decoding": ["method": "sp", "maximumTokens": 6],
      ])
    let stages = folder.appending(path: "stages.json")
    #expect(try Tool.ablate.run(["split", manifest, "--output", stages.path], store: store).status == 0)
    let worker = try Tool.ablate.run(["worker", "--stages", stages.path], store: store)
    #expect(worker.status == 3 && worker.messages.contains("Tuning diverged"), "\(worker)")
    let status = try Tool.ablate.run(["status", manifest, "--json"], store: store).json() as? [[String: Any]]
    let failures = try #require(status?.first?["failures"] as? [[String: Any]])
    #expect(failures.count == 1 && (failures[0]["message"] as? String)?.contains("Tuning diverged") == true)
    let listed = try #require(try Self.cells(store).first)
    #expect(listed["done"] as? Int == 2 && listed["failed"] as? Int == 1 && listed["finished"] != nil, "\(listed)")
  }
}
