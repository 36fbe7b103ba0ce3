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
  private static let checkpoints = Result<URL, any Error> {
    let folder = try SmallExperiment.folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: WorkerFiles.python)
    process.arguments = [WorkerFiles.package.appending(path: "tests/checkpoints.py").path, folder.path]
    process.environment = WorkerFiles.environment.merging(changes) { $1 }
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return folder
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
}
