import Compute
import EngineContract
import Experiments
import Foundation
import Messages
import ModelFiles
import NativeEngine
import Records
import Stages
import Tokenization
import TransformersEngine

extension Workspace {
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

  /// A process that fetches from the hub; it ends when nothing holds it.
  private func hubWorker() throws -> PythonWorker {
    try PythonWorker(
      in: PythonEnvironment(cache: Self.cacheFolder, variables: ProcessInfo.processInfo.environment), threads: 1,
      logs: store.folder.appendingPathComponent("work"))
  }

  /// The process of models' own tokenizers.
  private func textWorker() throws -> TextWorker {
    if let texts { return texts }
    let found = try TextWorker(
      in: PythonEnvironment(cache: Self.cacheFolder, variables: ProcessInfo.processInfo.environment),
      logs: store.folder.appendingPathComponent("work"))
    texts = found
    return found
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
  func template(of conversation: ConversationSettings) throws -> ChatTemplate? {
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
  func find(_ name: String, takesOwn: Bool = false) throws -> FoundModel {
    if let model = found[name] { return model }
    // A path may begin at the manifest's folder, as other paths do. No name of the catalog looks like one.
    let isPath = name.contains("/") || name.hasSuffix(".gguf")
    let local = isPath ? try? PathLookup.find(name, besides: folders) : nil
    defer { progress.finishLine() }
    let watch = fetchWatch(of: name)
    var place = local ?? name, origin: (name: HubName, commit: String)?
    if takesOwn, isPath, local == nil, let (hubName, revision) = Self.repository(name) {
      let fetched = try hubWorker().fetch(hubName, revision: revision, watch: watch)
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
}
