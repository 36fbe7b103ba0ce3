import Foundation
import JSON
import ModelFiles
import TestSupport
import Testing

/// The Python of the second engine, and this checkout's package of its worker.
private enum WorkerFiles {
  static let environment = ProcessInfo.processInfo.environment
  static let python =
    environment["ANTIPODE_ENGINE"] ?? ModelCatalog.cacheFolder(environment: environment) + "/engine/bin/python"
  static let package = Tool.repository.appending(path: "Sources/TransformersEngine/Worker")

  static let areThere: Bool = {
    let areThere = FileManager.default.isExecutableFile(atPath: python)
    if !areThere { print("tests: SKIPPING the engine transformers in the tools: \(python) is not there") }
    return areThere
  }()
}

/// `"engine": "transformers"` as a user has it: tiny checkpoints of families that our own engine refuses, end to end.
@Suite(.serialized, .enabled(if: WorkerFiles.areThere, "the engine transformers can't be had; see `make engine`"))
struct EngineTests {
  /// The worker is this checkout's.
  private static let changes = ["PYTHONPATH": WorkerFiles.package.path]

  /// The families' checkpoints, written once.
  private static let checkpoints = Result { try written(by: "checkpoints.py") }
  /// Checkpoints whose tokenizers or templates ours do not know.
  private static let ownTokenizers = Result { try written(by: "own_tokenizers.py") }

  /// A script of the worker's tests, started.
  private static func started(_ script: String, _ folder: URL, output: Pipe? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: WorkerFiles.python)
    process.arguments = [WorkerFiles.package.appending(path: "tests/\(script)").path, folder.path]
    process.environment = WorkerFiles.environment.merging(changes) { $1 }
    if let output { process.standardOutput = output }
    try process.run()
    return process
  }

  private static func written(by script: String) throws -> URL {
    let folder = try SmallExperiment.folder(), process = try started(script, folder)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return folder
  }

  /// The workers of a run, by what stands in their environment.
  private static func workers(of store: URL) -> [pid_t] {
    let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    func holds(_ number: pid_t, _ file: String, _ text: String) -> Bool {
      let bytes = FileManager.default.contents(atPath: "/proc/\(number)/\(file)") ?? Data()
      return bytes.range(of: Data(text.utf8)) != nil
    }
    return numbers.filter { holds($0, "cmdline", "antipode_worker") && holds($0, "environ", store.path) }
  }

  /// Whether no worker of a run is left; one that lost its driver may take a moment.
  private func endsWithoutOrphans(_ store: URL) -> Bool {
    for _ in 0..<100 {
      if Self.workers(of: store).isEmpty { return true }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return false
  }

  private static let families = ["mixtral", "gpt-oss", "gpt-neox", "opt", "falcon", "cohere", "stablelm"]

  private func manifest(_ changes: [String: Any], in folder: URL) throws -> String {
    let tuning: [String: Any] = [
      "initialization": ["kind": "text", "length": 4], "steps": 2, "pairsPerStep": 3, "validationShare": 0,
    ]
    let engine: [String: Any] = ["engine": "transformers", "device": "cpu"]
    return try SmallExperiment.write(
      in: folder,
      changes: ["tuning": tuning, "anchors": ["size": 8, "maximumTokens": 4]].merging(engine) { $1 }
        .merging(changes) { $1 })
  }

  @Test(arguments: families) func aFamilyThatOurEngineRefusesRunsEndToEnd(family: String) throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try Self.checkpoints.get().appending(path: family).path
    let path = try manifest(["model": model], in: folder)
    let outcome = try Tool.ablate.run([path], store: store, environment: Self.changes)
    try #require(outcome.status == 0, "\(family): \(outcome.messages)")
    #expect(outcome.output.contains("experiment "))
    // What computed is in the records of the stages that ran the model, and of no other.
    for output in try StoreTests.outputs(store) {
      let record = try JSONValue(
        parsing: String(contentsOf: store.appending(path: "objects/\(output.key)"), encoding: .utf8))
      let ranModel = (record["stage"]?["inputs"]?.array ?? []).contains { $0["name"]?.string == "model" }
      let engine = record["environment"]?["engine"]?.string
      #expect((engine?.contains("transformers") ?? false) == ranModel, "\(output.key)")
    }
    let refused = try Tool.decode.run(["Hello", "--model", model], store: store)
    #expect(refused.status == 65, "our own engine takes \(family): \(refused.output)")
  }

  /// A run that is interrupted leaves no process, and goes on to the same answers.
  @Test func anInterruptedRunGoesOn() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try Self.checkpoints.get().appending(path: "llama").path
    let path = try manifest(["model": model], in: folder)
    let first = try Tool.ablate.run([path], store: store, environment: Self.changes, interruptedAt: "prompt")
    #expect(first.status == 75, "\(first.messages)")
    #expect(endsWithoutOrphans(store))
    let second = try Tool.ablate.run([path], store: store, environment: Self.changes)
    #expect(second.status == 0, "\(second.messages)")
    let again = try Tool.ablate.run([path], store: folder.appending(path: "other"), environment: Self.changes)
    func outputs(_ store: URL) throws -> [String] { try StoreTests.outputs(store).map(\.value).sorted() }
    #expect(again.status == 0)
    #expect(try outputs(store) == outputs(folder.appending(path: "other")))
  }

  @Test func whatCanNotBeDoneIsSaidBeforeAnythingRuns() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try Self.checkpoints.get().appending(path: "llama").path
    let missing = try Tool.decode.run(
      ["Hello", "--model", model, "--engine", "transformers"], store: store,
      environment: ["ANTIPODE_ENGINE": "/nowhere"])
    #expect(missing.status == 66 && missing.messages.contains("make engine"), "\(missing.messages)")
    let option = try Tool.decode.run(["Hello", "--model", model, "--dtype", "bfloat16"], store: store)
    #expect(option.status == 64 && option.messages.contains("dtype"), "\(option.messages)")
  }

  /// A worker that is killed during a stage, and a driver: the next run goes on to the same answers.
  @Test(arguments: ["anchors", "prompt", "answers"]) func aKilledRunGoesOn(cue: String) throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try manifest(["model": Self.checkpoints.get().appending(path: "llama").path], in: folder)
    let first = try Tool.ablate.run(
      [path], store: store, environment: Self.changes, interruptedAt: cue,
      interrupting: { _ in Self.workers(of: store).forEach { kill($0, SIGKILL) } })
    // What was asked may have been answered when the end came.
    #expect([0, 1, 3].contains(first.status), "\(first.messages)")
    #expect(first.status == 0 || first.messages.contains("worker ended before its time"), "\(first.messages)")
    let killed = try Tool.ablate.run(
      [path], store: store, environment: Self.changes, interruptedAt: cue, interrupting: { kill($0, SIGKILL) })
    #expect(killed.status != 75 && endsWithoutOrphans(store))
    let second = try Tool.ablate.run([path], store: store, environment: Self.changes)
    #expect(second.status == 0, "\(second.messages)")
    let again = try Tool.ablate.run([path], store: folder.appending(path: "other"), environment: Self.changes)
    #expect(again.status == 0)
    func outputs(_ store: URL) throws -> [String] { try StoreTests.outputs(store).map(\.value).sorted() }
    #expect(try outputs(store) == outputs(folder.appending(path: "other")))
  }

  /// Models whose tokenizer or template ours do not know, and one without a template.
  @Test(arguments: ["wordpiece", "unigram", "blocks", "plain"])
  func anOwnTokenizerRunsEndToEnd(kind: String) throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try Self.ownTokenizers.get().appending(path: kind).path
    let path = try manifest(["model": model], in: folder)
    let outcome = try Tool.ablate.run([path], store: store, environment: Self.changes)
    try #require(outcome.status == 0, "\(kind): \(outcome.messages)")
    // The record says so, of the stages that ran the model.
    let said = try StoreTests.outputs(store).compactMap { output in
      try JSONValue(
        parsing: String(contentsOf: store.appending(path: "objects/\(output.key)"), encoding: .utf8))["environment"]?[
          "texts"]?.string
    }
    let expected = kind == "blocks" ? "its chat template is run by its own library" : "its own tokenizer is taken"
    #expect(!said.isEmpty && said.allSatisfy { $0.contains(expected) && $0.contains("tokenizers ") }, "\(said)")
    let refused = try Tool.ablate.run([try manifest(["model": model, "engine": "native"], in: folder)], store: store)
    #expect(refused.status == 65, "our own engine takes \(kind): \(refused.messages)")
  }

  /// A prompt that is tuned in hidden states, end to end.
  @Test func hiddenStatesAreTunedIn() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let tuning: [String: Any] = [
      "initialization": ["kind": "text", "length": 4], "steps": 2, "pairsPerStep": 3, "validationShare": 0,
      "objective": "representation", "representation": ["components": 2],
    ]
    let path = try manifest(
      ["model": Self.checkpoints.get().appending(path: "llama").path, "tuning": tuning], in: folder)
    let outcome = try Tool.ablate.run([path], store: store, environment: Self.changes)
    // The tiny model may refuse everything or nothing, which is said of the stage's own data.
    let isOneKind = outcome.status == 3 && outcome.messages.contains("refuse")
    #expect(outcome.status == 0 || isOneKind, "\(outcome.messages)")
  }

  /// A name of the hub: fetched from a server that answers as the hub does, kept, and recorded by its commit.
  @Test func aNameOfTheHubIsFetched() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder.appending(path: "hub/tiny"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "hub/tiny/llama"), withDestinationURL: Self.checkpoints.get().appending(path: "llama"))
    let pipe = Pipe(), server = try Self.started("hub_server.py", folder.appending(path: "hub"), output: pipe)
    // It would begin with the signals that this process blocks, SIGTERM among them, and hold the output open.
    defer { kill(server.processIdentifier, SIGKILL) }
    let address = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(address.hasPrefix("http://"))
    func changes(_ endpoint: String) -> [String: String] {
      Self.changes.merging([
        "HF_ENDPOINT": endpoint, "HF_HOME": folder.appending(path: "cache").path, "HF_HUB_DISABLE_XET": "1",
      ]) { $1 }
    }
    let nowhere = "http://127.0.0.1:9"
    let path = try manifest(["model": "tiny/llama"], in: folder)
    let away = try Tool.ablate.run([path], store: store, environment: changes(nowhere))
    #expect(away.status == 66 && away.messages.contains("hf download tiny/llama"), "\(away.messages)")
    #expect(away.messages.contains("HF_ENDPOINT") && !FileManager.default.fileExists(atPath: store.path + "/objects"))
    let found = try Tool.ablate.run([path], store: store, environment: changes(address))
    try #require(found.status == 0, "\(found.messages)")
    let records = try StoreTests.outputs(store).compactMap { output in
      try JSONValue(
        parsing: String(contentsOf: store.appending(path: "objects/\(output.key)"), encoding: .utf8))["environment"]?[
          "hub"]?.string
    }
    let origin = try #require(records.first)
    #expect(origin.hasPrefix("tiny/llama@") && records.allSatisfy { $0 == origin })
    // It is kept; a commit names it for good, and a folder of that name is the folder.
    let kept = try Tool.decode.run(
      ["Hello", "--model", origin, "--engine", "transformers", "--maximum-tokens", "3"], store: store,
      environment: changes(nowhere))
    #expect(kept.status == 0 && !kept.output.isEmpty, "\(kept.messages)")
    let local = try Tool.decode.run(
      ["Hello", "--model", "tiny/llama", "--engine", "transformers", "--maximum-tokens", "3"], store: store,
      environment: changes(nowhere), folder: folder.appending(path: "hub"))
    #expect(local.status == 0 && local.output == kept.output, "\(local.messages)")
  }
}
