import Evaluation
package import Experiments
import Fingerprints
package import Foundation
import ModelFiles
import NativeEngine
import Stages
import TransformersEngine

extension Workspace {
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
}
