package import Compute
import EngineContract
package import Evaluation
import Experiments
import Fingerprints
package import Foundation
import JSON
import Messages
import ModelFiles
import NativeEngine
package import Records
import Stages
import Tokenization
import TransformersEngine

/// What every stage works with: the store, the threads, the files and models that the manifest names, and where
/// progress is told.
///
/// A class, since models are loaded once, when the first stage needs them.
package final class Workspace {
  /// Where artifacts are kept.
  package let store: ArtifactStore
  /// Where progress is told.
  package let progress: ProgressReporter
  /// Threads and kernels.
  package let context: ComputeContext

  var found: [String: FoundModel] = [:]
  /// By name and conversation; the conversations of one model share its weights.
  var loaded: [String: [ConversationSettings: NativeEngine]] = [:]
  /// The second engine's process; nil before it is needed.
  var worker: PythonWorker?
  /// The process of models' own tokenizers; nil before it is needed.
  var texts: TextWorker?
  private var data: [String: Data]
  /// What stages name by hash, of the manifests that were planned.
  var content = StageContent()
  private var opened: RunIndex?
  var hasWarnedOfPrecision = false
  let folders: [String]
  private let manifestPath: String?

  /// A workspace.
  /// - Parameters:
  ///   - manifest: The manifest's path; relative paths in it may begin at its folder or the one above.
  ///   - files: The bytes of data files by their paths as a manifest writes them, instead of those on disk.
  ///   - variables: The environment variables, of which `ANTIPODE_KERNELS` counts.
  /// - Throws: Where that names no kernel set that this processor runs.
  package init(
    store: ArtifactStore, threads: Int?, progress: ProgressReporter, manifest: String? = nil,
    files: [String: Data] = [:], variables: [String: String] = ProcessInfo.processInfo.environment
  ) throws(KernelSetError) {
    context = ComputeContext(threads: threads ?? Machine.cores, kernels: try KernelSet(environment: variables))
    data = files
    self.store = store
    self.progress = progress
    manifestPath = manifest
    let folder = manifest.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    folders = folder.map { [$0.path, $0.deletingLastPathComponent().path] } ?? []
  }

  /// What the numbers are computed on; it goes into every record and into no hash.
  package var environment: [String: String] {
    #if DEBUG
      let build = "debug, optimized"
    #else
      let build = "release"
    #endif
    return [
      "processor": Machine.processor, "flags": Machine.flags, "libraries": Machine.libraries, "blas": Machine.blas,
      "kernels": context.kernels.name,
      "threads": "\(context.pool.threads)", "build": build, "compiler": Machine.compiler, "version": Release.version,
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }

  /// The kind of machine: what the last bits of numbers depend on.
  var machine: String {
    ["processor", "flags", "libraries"].map { environment[$0] ?? "" }.joined(separator: "; ")
  }

  /// The environment of an experiment: that of its stages, and the path of its manifest, from which its relative paths
  /// go.
  var experimentEnvironment: [String: String] {
    var environment = environment
    environment[ExperimentRecord.manifestKey] = manifestPath
    return environment
  }

  /// The bytes of a file that a manifest names, expanded where its name says that it is compressed; read once, so that
  /// what is hashed is what is used.
  func bytes(of path: String) throws -> Data {
    if let data = data[path] { return data }
    if let question = PublishedQuestion.named(path) {
      let file = Self.benchmarks.url(of: question.source).path
      let text = try question.text(in: Self.benchmarks.data(of: question.source), path: file)
      data[path] = text
      return text
    }
    var bytes = try PathLookup.read(PathLookup.find(path, besides: folders))
    if CompressedFile.endings.contains(where: path.lowercased().hasSuffix) {
      bytes = try CompressedFile.expanded(bytes, path: path)
    }
    data[path] = bytes
    return bytes
  }

  /// A file that a command names.
  func file(_ path: String) throws -> SourceFile { SourceFile(try bytes(of: path), name: path) }

  /// Where benchmarks are kept: `benchmarks` in the cache folder.
  package static var benchmarks: BenchmarkFolder {
    BenchmarkFolder(cacheFolder.appendingPathComponent("benchmarks"))
  }

  /// The folder for what can be fetched again.
  static var cacheFolder: URL {
    URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: ProcessInfo.processInfo.environment))
  }

  /// What the records of stages say of the second engine: nothing of those that it does not compute.
  func environment(of stage: Stage) -> [String: String] {
    guard stage.usesTransformers, let introduction = worker?.introduction else { return environment }
    var environment = environment
    // Where its models are from, and what reads their texts where it isn't ours.
    let inputs = Set(stage.inputs.map(\.fingerprint))
    for name in found.keys.sorted() {
      guard let model = found[name], inputs.contains(model.weights) else { continue }
      for (key, value) in model.provenance {
        environment[key] = [environment[key], value].compactMap(\.self).joined(separator: "; ")
      }
    }
    environment["engine"] = introduction.packages
    environment["devices"] = introduction.devices
    return environment
  }

  /// The kind of machine that computes a stage: what the last bits of its numbers depend on.
  func machine(of stage: Stage) -> String {
    guard stage.usesTransformers, let introduction = worker?.introduction else { return machine }
    return [machine, introduction.packages, introduction.devices].joined(separator: "; ")
  }

  /// The same files and models over another store.
  package func over(_ store: ArtifactStore) -> Workspace { Workspace(self, over: store) }

  private init(_ other: Workspace, over store: ArtifactStore) {
    self.store = store
    progress = other.progress
    context = other.context
    found = other.found
    loaded = other.loaded
    worker = other.worker
    texts = other.texts
    data = other.data
    content = other.content
    folders = other.folders
    manifestPath = other.manifestPath
  }

  /// The index of the store: one connection a process.
  package func index() throws -> RunIndex {
    if let opened { return opened }
    let index = try RunIndex(store: store)
    opened = index
    return index
  }

  /// Takes part in the use of the store, so that nothing is dropped from it meanwhile; waits while somebody has it
  /// alone.
  package func useOfStore() throws -> StoreUse {
    var isTold = false
    while true {
      if let use = try store.use(exclusively: false) { return use }
      if !isTold { progress.note("\(store.folder.path): being swept; waiting for that to finish.") }
      isTold = true
      try Interruption.check()
      Thread.sleep(forTimeInterval: 0.1)
    }
  }
}

extension Stage {
  /// Whether the second engine computes it.
  fileprivate var usesTransformers: Bool {
    parameters["precision"]?["engine"]?.string == TransformersComputation.name
  }
}
