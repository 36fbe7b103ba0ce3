package import Compute
import EngineContract
package import Evaluation
package import Experiments
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

  private var found: [String: FoundModel] = [:]
  /// By name and conversation; the conversations of one model share its weights.
  private var loaded: [String: [ConversationSettings: NativeEngine]] = [:]
  /// The second engine's process; nil before it is needed.
  private(set) var worker: PythonWorker?
  /// The process of models' own tokenizers, and of the hub; nil before it is needed.
  private var texts: TextWorker?
  private var data: [String: Data]
  /// What stages name by hash, of the manifests that were planned.
  private(set) var content = StageContent()
  private var opened: RunIndex?
  private var hasWarnedOfPrecision = false
  private let folders: [String]
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

  /// A model with its weights, on the engine that computes with it.
  /// - Parameters:
  ///   - conversation: How its conversations are framed.
  ///   - device: Where the second engine computes.
  func engine(
    _ name: String, _ conversation: ConversationSettings = .init(), on computation: ModelComputation,
    device: String = EngineSettings.anyDevice
  ) throws -> any Engine {
    switch computation {
    case .native(let precision): return try nativeEngine(name, conversation, precision: precision)
    case .transformers(let computation):
      let model = try find(name, takesOwn: true)
      return try TransformersEngine(
        modelName: model.modelName, hubName: model.hubName, path: model.path,
        conversation: self.conversation(name, conversation), computation: computation, device: device,
        worker: startedWorker())
    }
  }

  /// The second engine's process: one for all stages of this workspace.
  func startedWorker() throws -> PythonWorker {
    if let worker { return worker }
    let worker = try PythonWorker(
      in: PythonEnvironment(cache: Self.cacheFolder, variables: ProcessInfo.processInfo.environment),
      threads: context.pool.threads, logs: store.folder.appendingPathComponent("work"),
      check: { try Interruption.check() })
    try worker.started()
    self.worker = worker
    return worker
  }

  /// The process of models' own tokenizers, and of the hub.
  private func textWorker() throws -> TextWorker {
    if let texts { return texts }
    let found = try TextWorker(
      in: PythonEnvironment(cache: Self.cacheFolder, variables: ProcessInfo.processInfo.environment),
      logs: store.folder.appendingPathComponent("work"))
    texts = found
    return found
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

  /// A model with its weights, on our own engine.
  /// - Parameters:
  ///   - conversation: How its conversations are framed.
  ///   - precision: How exact its products are.
  func nativeEngine(
    _ name: String, _ conversation: ConversationSettings = .init(), precision: ProductPrecision = .float32
  ) throws -> NativeEngine {
    let engine: NativeEngine
    if let known = loaded[name]?[conversation] {
      engine = known
    } else {
      let model = try find(name), template = try template(of: conversation), variables = variables(of: conversation)
      if let other = loaded[name]?.values.first {
        engine = try other.with(template ?? model.ownTemplate, variables)
      } else {
        engine = try model.load(template: template, variables: variables, on: context) { progress.note($0) }
      }
      if engine.conversation.placement == .user {
        progress.note(
          "\(name): its chat template has no place for a system message; prompts stand at the start of the user's turn."
        )
      }
    }
    loaded[name, default: [:]][conversation] = engine
    if let warning = warning(of: precision), !hasWarnedOfPrecision {
      progress.note(warning)
      hasWarnedOfPrecision = true
    }
    return precision == .float32 ? engine : engine.with(precision)
  }

  /// What to tell before products of a precision that this processor makes slow; nil for nothing.
  func warning(of precision: ProductPrecision) -> String? {
    guard precision == .bfloat16, !context.kernels.multipliesBrainFloats else { return nil }
    return "warning: this processor does not multiply bfloat16 numbers itself (kernels \(context.kernels.name)): the "
      + "numbers are the same, but take longer than at float32, several times as long in decoding. int8 is faster "
      + "than both."
  }

  /// Lets go of the models' weights.
  func forgetEngines() {
    loaded = [:]
    // Its process ends with it.
    worker = nil
  }

  /// How a model's conversations are framed; its weights are not loaded.
  func conversation(_ name: String, _ conversation: ConversationSettings) throws -> ConversationEncoder {
    if let known = loaded[name]?[conversation] { return known.conversation }
    return try find(name).conversation(template: template(of: conversation), variables: variables(of: conversation))
  }

  /// The chat template that is named; nil for the model's own.
  private func template(of conversation: ConversationSettings) throws -> ChatTemplate? {
    guard let name = conversation.chatTemplate else { return nil }
    guard let path = conversation.templateFile else {
      guard let template = ChatTemplate(builtIn: name) else {
        throw TokenizationError.unknownChatTemplate(name: name, known: ChatTemplate.names)
      }
      return template
    }
    guard let source = String(data: try bytes(of: path), encoding: .utf8) else {
      throw WorkbenchError.malformed(path: path, place: "text", found: "bytes that are not UTF-8", expected: "UTF-8")
    }
    return ChatTemplate(name: path, source: source)
  }

  private func variables(of conversation: ConversationSettings) -> ConversationVariables {
    var variables = ConversationVariables(thinking: conversation.thinking)
    variables.others = conversation.variables
    if let (year, month, day) = ConversationSettings.parts(of: conversation.date) {
      variables.setDate(year: year, month: month, day: day)
    }
    return variables
  }

  /// A model by the name that a manifest has for it.
  /// - Parameter takesOwn: Whether the second engine alone computes with it: then it may be a name of the hub, and its
  ///   own tokenizer and template are taken where ours do not know them.
  private func find(_ name: String, takesOwn: Bool = false) throws -> FoundModel {
    if let model = found[name] { return model }
    // A path may begin at the manifest's folder, as other paths do. No name of the catalog looks like one.
    let isPath = name.contains("/") || name.hasSuffix(".gguf")
    let local = isPath ? try? PathLookup.find(name, besides: folders) : nil
    defer { progress.finishLine() }
    let watch = fetchWatch(of: name)
    var place = local ?? name, origin: (name: HubName, commit: String)?
    if takesOwn, isPath, local == nil, let (hubName, revision) = Self.repository(name) {
      let fetched = try textWorker().fetch(hubName, revision: revision, watch: watch)
      (place, origin) = (fetched.path, (hubName, fetched.commit))
      progress.finishLine()
      if revision != fetched.commit {
        progress.note("\(name): commit \(fetched.commit); \(hubName.text)@\(fetched.commit) names this one for good.")
      }
    }
    let model = try FoundModel(
      place, from: origin, watch: watch, own: takesOwn ? { try self.textWorker().tokenizer(of: $0) } : nil)
    found[name] = model
    return model
  }

  /// The repository of the hub that a name is, and its revision: `OWNER/NAME` or `OWNER/NAME@REVISION`.
  private static func repository(_ name: String) -> (name: HubName, revision: String?)? {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let hubName = HubName(parts[0]), parts.count == 1 || !parts[1].isEmpty else { return nil }
    return (hubName, parts.count > 1 ? parts[1] : nil)
  }

  /// Tells the progress of a fetch, and ends it on Ctrl-C.
  private func fetchWatch(of name: String) -> FetchWatch {
    var hasBegun = false
    return FetchWatch(
      note: { [progress] in progress.note($0) },
      onProgress: { [progress] fetch in
        if !hasBegun { progress.begin("fetch \(name)") }
        hasBegun = true
        progress.update(fetch)
      },
      isInterrupted: { Interruption.isRequested })
  }

  /// The fingerprints of all that a manifest names; the content is kept, so that what is hashed is what is used.
  package func materials(for manifest: Manifest) throws -> Materials {
    var materials = Materials(models: [:], files: [:])
    for path in manifest.files {
      let bytes = try bytes(of: path), fingerprint = Fingerprint(ofBytes: bytes)
      materials.files[path] = fingerprint
      content.files[Reference(fingerprint)] = SourceFile(bytes, name: path)
    }
    // A name that does not exist is told before anything runs.
    let catalogued = try manifest.benchmarks.map { ($0, try BenchmarkCatalog.benchmark(named: $0)) }
    // One message for all that are missing, before anything runs.
    let benchmarks = try Self.benchmarks.data(of: catalogued.map(\.1))
    for (name, benchmark) in catalogued {
      guard let bytes = benchmarks[benchmark.name] else { continue }
      let fingerprint = Fingerprint(ofBytes: bytes)
      materials.benchmarks[name] = fingerprint
      content.files[Reference(fingerprint)] = SourceFile(bytes, name: Self.benchmarks.url(of: benchmark).path)
    }
    let settings = manifest.cells.map(\.settings)
    // Cells share their sets: each is read once, however many there are.
    for set in Set(settings.flatMap(\.evaluation.sets)) {
      guard let path = set.file, case .file(let format, let field, _) = set.selection(isNumbered: false).source,
        let file = materials.files[path].flatMap({ content.files[Reference($0)] })
      else { continue }
      if try file.hasUnnamedRows(format: format, field: field) { materials.numbered.insert(path) }
    }
    try checkData(of: settings, materials)
    try checkEngine(of: settings)
    let conversations = Set(
      settings.flatMap { settings in
        [settings.conversation, ConversationSettings()] + settings.evaluation.judges.map(\.conversation)
      })
    for conversation in conversations { _ = try template(of: conversation) }
    let native = manifest.nativeModels
    for name in manifest.models {
      let found = try find(name, takesOwn: !native.contains(name))
      let model = Materials.Model(weights: found.weights, tokenizer: found.tokenizer)
      materials.models[name] = model
      for conversation in conversations {
        content.models[model.reference(conversation, files: materials.files)] = .init(
          name: name, conversation: conversation)
      }
    }
    for endpoint in settings.flatMap(\.evaluation.judges).compactMap(\.endpoint) {
      content.endpoints[endpoint.judged] = endpoint
    }
    return materials
  }

  /// Reads and expands a manifest.
  /// - Parameter settings: Settings in place of its own, each as `PATH=VALUE`.
  /// - Returns: The plan, and the manifest's bytes, as they are where no setting is given.
  package func plan(manifestAt path: String, settings: [String] = []) throws -> (plan: Plan, bytes: Data) {
    var bytes = try PathLookup.read(path)
    let given = try GivenSettings(settings)
    if !settings.isEmpty, let text = String(data: bytes, encoding: .utf8) {
      bytes = Data(try given.applied(to: text, named: path).utf8)
    }
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

  /// Refuses a manifest that needs the second engine where it is not there.
  private func checkEngine(of cells: [Settings]) throws {
    let cells = cells.filter { $0.engine.kind == .transformers && !$0.evaluation.isGiven }
    guard !cells.isEmpty else { return }
    _ = try PythonEnvironment(cache: Self.cacheFolder, variables: ProcessInfo.processInfo.environment)
    content.device = cells.map(\.engine.device).first { $0 != EngineSettings.anyDevice } ?? EngineSettings.anyDevice
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

/// What the stages of planned manifests name by hash, and how to get at it.
struct StageContent {
  /// A model by the name under which a manifest knows it.
  struct Model {
    var name: String
    var conversation: ConversationSettings
  }

  var files: [Reference<Content.File>: SourceFile] = [:]
  var models: [ModelReference: Model] = [:]
  /// Where the second engine computes.
  var device = EngineSettings.anyDevice
  /// How servers are talked to.
  var endpoints: [JudgmentsStage.Endpoint: EndpointSettings] = [:]
}

extension Stage {
  /// Whether the second engine computes it.
  fileprivate var usesTransformers: Bool {
    parameters["precision"]?["engine"]?.string == TransformersComputation.name
  }
}
