package import Compute
package import Evaluation
package import Experiments
import Fingerprints
package import Foundation
import LanguageModel
import ModelFiles
package import Records
import Tokenization

/// What every stage works with: the store, the threads, the files and models that the manifest names, and where progress
/// is told.
///
/// A class, since models are loaded once, when the first stage needs them.
package final class Workspace {
  /// Where artifacts are kept.
  package let store: ArtifactStore
  /// Where progress is told.
  package let progress: ProgressReporter
  /// Threads and kernels.
  package let context: ComputeContext

  /// The version of the tools, for records.
  package static let version = "0.1.0"

  private var found: [String: FoundModel] = [:]
  /// By name and chat template; the templates of one model share its weights.
  private var loaded: [String: [ChatTemplate?: LoadedModel]] = [:]
  private var data: [String: Data]
  private let folders: [String]
  private let manifestPath: String?

  /// A workspace.
  /// - Parameters:
  ///   - manifest: The manifest's path; relative paths in it may begin at its folder or the one above.
  ///   - files: The bytes of data files by their paths as a manifest writes them, instead of those on disk.
  package init(
    store: ArtifactStore, threads: Int?, progress: ProgressReporter, manifest: String? = nil,
    files: [String: Data] = [:]
  ) {
    data = files
    self.store = store
    self.progress = progress
    context = ComputeContext(threads: threads ?? Machine.cores)
    manifestPath = manifest
    let folder = manifest.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    folders = folder.map { [$0.path, $0.deletingLastPathComponent().path] } ?? []
  }

  /// Where the store is when no option says so: `ANTIPODE_STORE`, or `.antipode` in the current folder.
  package static func defaultStore(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    URL(fileURLWithPath: environment["ANTIPODE_STORE"].flatMap { $0.isEmpty ? nil : $0 } ?? ".antipode")
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
      "threads": "\(context.pool.threads)", "build": build, "version": Self.version,
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }

  /// The environment of an experiment: that of its stages, and the path of its manifest, from which its relative paths go.
  var experimentEnvironment: [String: String] {
    var environment = environment
    environment[ExperimentRecord.manifestKey] = manifestPath
    return environment
  }

  /// The bytes of a file that a manifest names, read once, so that what is hashed is what is used.
  func bytes(of path: String) throws -> Data {
    if let data = data[path] { return data }
    let bytes = try PathLookup.read(PathLookup.find(path, besides: folders))
    data[path] = bytes
    return bytes
  }

  /// A benchmark's bytes, likewise.
  func bytes(of benchmark: Benchmark) throws -> Data {
    let path = Self.benchmarks.url(of: benchmark).path
    if let data = data[path] { return data }
    let bytes = try Self.benchmarks.data(of: benchmark)
    data[path] = bytes
    return bytes
  }

  /// Where benchmarks are kept: `benchmarks` in the cache folder.
  package static var benchmarks: BenchmarkFolder {
    BenchmarkFolder(cacheFolder.appendingPathComponent("benchmarks"))
  }

  /// The folder for what can be fetched again.
  static var cacheFolder: URL {
    URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: ProcessInfo.processInfo.environment))
  }

  /// A model with its weights.
  /// - Parameters:
  ///   - template: The name of a chat template; nil for the model's own.
  ///   - precision: How exact its products are.
  func model(
    _ name: String, template: String? = nil, precision: ProductPrecision = .float32
  ) throws -> LoadedModel {
    let template = try template.map { try ChatTemplate(named: $0) }
    var model =
      try loaded[name]?[template]
      ?? find(name).load(
        template: template, sharing: loaded[name]?.values.first, on: context)
    loaded[name, default: [:]][template] = model
    switch precision {
    case .float32: break
    case .bfloat16: model.model = model.model.with(.bfloat16)
    case .int8: model.model = model.model.with(.int8)
    }
    return model
  }

  /// The model that an experiment's cell is about.
  func model(of settings: Settings) throws -> LoadedModel {
    try model(settings.model, template: settings.chatTemplate, precision: settings.precision)
  }

  private func find(_ name: String) throws -> FoundModel {
    if let model = found[name] { return model }
    // A path may begin at the manifest's folder, as other paths do. No name of the catalog looks like one.
    let isPath = name.contains("/") || name.hasSuffix(".gguf")
    let place = isPath ? (try? PathLookup.find(name, besides: folders)) ?? name : name
    let model = try FoundModel(place, progress: progress)
    found[name] = model
    return model
  }

  /// The fingerprints of all that a manifest names.
  package func materials(for manifest: Manifest) throws -> Materials {
    var models: [String: Materials.Model] = [:], files: [String: Fingerprint] = [:]
    for file in manifest.files { files[file] = Fingerprint(ofBytes: try bytes(of: file)) }
    // A name that does not exist is told before anything runs.
    let catalogued = try manifest.benchmarks.map { ($0, try BenchmarkCatalog.benchmark(named: $0)) }
    // One message for all that are missing, before anything runs.
    let contents = try Self.benchmarks.data(of: catalogued.map(\.1))
    var benchmarks: [String: Fingerprint] = [:]
    for (name, benchmark) in catalogued {
      guard let bytes = contents[benchmark.name] else { continue }
      data[Self.benchmarks.url(of: benchmark).path] = bytes
      benchmarks[name] = Fingerprint(ofBytes: bytes)
    }
    for cell in manifest.cells { _ = try cell.settings.chatTemplate.map { try ChatTemplate(named: $0) } }
    for name in manifest.models { models[name] = try find(name).material() }
    return Materials(models: models, files: files, benchmarks: benchmarks)
  }

  /// Reads and expands a manifest.
  /// - Returns: The plan, and the manifest's bytes as they are.
  package func plan(manifestAt path: String) throws -> (plan: Plan, bytes: Data) {
    let bytes = try PathLookup.read(path)
    return (try plan(manifest: bytes, named: path), bytes)
  }

  /// Expands a manifest whose bytes are at hand.
  package func plan(manifest bytes: Data, named name: String) throws -> Plan {
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw WorkbenchError.malformed(path: name, place: "text", found: "bytes that are not UTF-8", expected: "UTF-8")
    }
    let manifest = try Manifest(parsing: text, named: name)
    return try Plan(manifest: manifest, materials: materials(for: manifest))
  }

  /// Takes part in the use of the store, so that nothing is dropped from it meanwhile; waits while somebody has it alone.
  package func useOfStore() throws -> StageLock {
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
