import Compute
import EngineContract
import Foundation
import LanguageModel
import ModelFiles
import NativeEngine
import Stages
import TestSupport
import Tokenization

@testable import TransformersEngine

/// Where the tests of the second engine run, one after the other: they share a worker.
@globalActor actor EngineActor {
  static let shared = EngineActor()
}

/// The second engine beside our own, on one worker for all tests of a run.
@EngineActor enum SecondEngine {
  private static let worker = Result { try makeWorker() }
  private static let conversation = Result { try FoundModel("smollm2").conversation() }

  /// Whether the tests of the second engine can run; where not, the reason is printed.
  nonisolated static let isAvailable: Bool = {
    do {
      try makeWorker().started()
      _ = try FoundModel("smollm2").conversation()
      return true
    } catch {
      print("tests: SKIPPING the tests of the engine transformers: \(error)")
      return false
    }
  }()

  /// What to write beside a test that is left out.
  nonisolated static let reason = "the engine transformers can't be had; the reason is printed above"

  /// The folder of the worker's package, of this checkout: what is tested is what stands here.
  nonisolated static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/TransformersEngine/Worker").standardized

  /// A worker of this checkout's package.
  nonisolated static func makeWorker(
    variables: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> PythonWorker {
    setenv("PYTHONPATH", package.path, 1)
    let cache = URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: variables))
    return try PythonWorker(
      in: PythonEnvironment(cache: cache, variables: variables), threads: 1,
      logs: FileManager.default.temporaryDirectory)
  }

  /// A process for models' own tokenizers, of this checkout's package.
  nonisolated static func makeTextWorker() throws -> TextWorker {
    setenv("PYTHONPATH", package.path, 1)
    let variables = ProcessInfo.processInfo.environment
    let cache = URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: variables))
    return try TextWorker(
      in: PythonEnvironment(cache: cache, variables: variables), logs: FileManager.default.temporaryDirectory)
  }

  /// The folder that a script of the worker's tests writes checkpoints into.
  nonisolated static func written(by script: String) throws -> URL {
    struct Failed: Error { let status: Int32 }
    setenv("PYTHONPATH", package.path, 1)
    let variables = ProcessInfo.processInfo.environment
    let cache = URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: variables))
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-tests-\(UUID().uuidString)")
    let process = Process()
    process.executableURL = try PythonEnvironment(cache: cache, variables: variables).python
    process.arguments = [package.appending(path: "tests/\(script)").path, folder.path]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    return folder
  }

  /// Works with both engines on a model.
  /// - Parameter path: A GGUF file, or a Hugging Face folder.
  static func withBoth<Outcome>(
    _ path: String, _ work: (NativeEngine, TransformersEngine) throws -> Outcome
  ) throws -> Outcome {
    let context = ComputeContext(threads: 2), conversation = try conversation.get()
    let model =
      path.hasSuffix(".gguf")
      ? try LanguageModel(file: GGUFFile(path: path), context: context)
      : try LanguageModel(folder: CheckpointFolder(path: path), context: context)
    let native = NativeEngine(modelName: "model", model: model, conversation: conversation)
    return try work(native, second(path, on: worker.get(), conversation))
  }

  /// The second engine on a model and a worker.
  nonisolated static func second(
    _ path: String, on worker: PythonWorker, _ conversation: ConversationEncoder
  ) throws -> TransformersEngine {
    try TransformersEngine(
      modelName: "model", path: path, conversation: conversation, computation: TransformersComputation(),
      device: "cpu", worker: worker)
  }

  /// The path of a family's tiny checkpoint.
  nonisolated static func family(_ name: String) -> String { Fixtures.languageModel.path("families/\(name)") }
}
