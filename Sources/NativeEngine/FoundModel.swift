package import Compute
package import Fingerprints
import Foundation
import JSON
import LanguageModel
package import ModelFiles
import Stages
package import Tokenization

/// A model file that was found and hashed, before its weights are loaded.
package struct FoundModel {
  /// Where the weights are.
  private enum Source {
    case file(GGUFFile)
    case folder(CheckpointFolder)
  }

  /// The hash of the weights.
  package let weights: Fingerprint
  private let resolved: ResolvedModel
  private let source: Source
  private let description: TokenizerDescription

  /// Finds a catalog's model, a file or a folder; fetches the first where it is not cached.
  /// - Parameter watch: Told of what takes time, and of what in the tokenizer's description is not used.
  package init(_ nameOrPath: String, watch: FetchWatch = FetchWatch()) throws {
    resolved = try ModelCatalog.resolve(nameOrPath, watch: watch)
    guard let weights = Fingerprint(hexadecimal: resolved.sha256) else {
      throw ModelFileError.malformed(
        path: resolved.path, place: "hash", found: resolved.sha256, expected: "64 hexadecimal digits")
    }
    self.weights = weights
    if CheckpointFolder.isOne(at: resolved.path) {
      let folder = try CheckpointFolder(path: resolved.path)
      source = .folder(folder)
      description = try TokenizerDescription(folder: folder)
    } else {
      let file = try GGUFFile(path: resolved.path)
      source = .file(file)
      description = try TokenizerDescription(file: file)
    }
    for warning in description.warnings { watch.note("warning: \(warning)") }
  }

  /// The hash of how the model reads and frames text: the vocabulary, the merges and the chat template.
  package var tokenizer: Fingerprint {
    let optional: (Int?) -> JSONValue = { $0.map(JSONValue.integer) ?? .null }
    func hash(_ text: String) -> JSONValue { .string(Fingerprint(ofBytes: Data(text.utf8)).hexadecimal) }
    let kinds = Set(description.tokenKinds).sorted().map { kind -> JSONValue in
      let places = description.tokenKinds.indices.filter { description.tokenKinds[$0] == kind }
      return .array([.integer(kind), hash(places.map(String.init).joined(separator: " "))])
    }
    var parts: [String: JSONValue] = [
      "kind": .string(description.kind), "preTokenizer": .string(description.preTokenizer),
      "tokens": hash(description.tokens.joined(separator: "\n")), "tokenKinds": .array(kinds),
      "merges": hash(description.merges.joined(separator: "\n")),
      "beginningOfSequence": optional(description.beginningOfSequence),
      "endOfSequence": optional(description.endOfSequence), "endOfTurn": optional(description.endOfTurn),
      "addsBeginningOfSequence": .boolean(description.addsBeginningOfSequence),
      "chatTemplate": description.chatTemplate.map(JSONValue.string) ?? .null,
      // 2: templates are run.
      "conversation": .integer(2),
    ]
    // What only some kinds of tokenizers have is told of those alone.
    if !description.scores.isEmpty {
      parts["scores"] = hash(description.scores.map { String($0.bitPattern) }.joined(separator: " "))
    }
    if description.spacePrefix != .never { parts["spacePrefix"] = .string(description.spacePrefix.rawValue) }
    if description.composesCharacters { parts["composesCharacters"] = .boolean(true) }
    if description.takesWholeWords { parts["takesWholeWords"] = .boolean(true) }
    // Where texts aren't cut into words this has not always been honored.
    if description.takesWholeWords, description.kind == "llama", description.rules == nil {
      parts["takesWholeTexts"] = .boolean(true)
    }
    if !description.otherEnds.isEmpty { parts["otherEnds"] = .array(description.otherEnds.map(JSONValue.integer)) }
    if let rules = description.rules { parts["rules"] = hash(rules.canonicalText) }
    if let unknownText = description.unknownText { parts["unknownText"] = .string(unknownText.rawValue) }
    // What takes unknown text's place: without these two, it is what it has been all along.
    if description.rules != nil || description.unknownText != nil { parts["unknown"] = optional(description.unknown) }
    if let drops = description.dropsFirstSpace { parts["dropsFirstSpace"] = .boolean(drops) }
    let flags = description.effectiveTokenFlags.sorted { $0.key < $1.key }
    if !flags.isEmpty {
      parts["tokenFlags"] = hash(flags.map { "\($0.key)=\($0.value.rawValue)" }.joined(separator: " "))
    }
    let members = parts.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: $0.value) }
    return Fingerprint(of: .object(JSONObject(members)))
  }

  /// How the model's conversations are framed: what can be said of it without its weights.
  /// - Parameters:
  ///   - template: The chat template; nil for the model's own.
  ///   - variables: What conversations depend on beside it.
  package func conversation(
    template: ChatTemplate? = nil, variables: ConversationVariables = .init()
  ) throws(TokenizationError) -> ConversationEncoder {
    try ConversationEncoder(template ?? ownTemplate, tokenizer: Tokenizer(description), variables: variables)
  }

  /// Loads the weights.
  /// - Parameters:
  ///   - template: The chat template; nil for the model's own.
  ///   - variables: What conversations depend on beside it.
  ///   - note: Told of what in the model's files is not used.
  package func load(
    template: ChatTemplate? = nil, variables: ConversationVariables = .init(), on context: ComputeContext,
    note: (String) -> Void = { _ in }
  ) throws -> NativeEngine {
    let conversation = try conversation(template: template, variables: variables)
    try MemoryGuard().check(
      weightBytes, for: resolved.path,
      advice: "Close other programs, or take a smaller or more strongly quantized model.")
    let model =
      switch source {
      case .file(let file): try LanguageModel(file: file, context: context)
      case .folder(let folder): try LanguageModel(folder: folder, context: context)
      }
    for warning in model.configuration.warnings { note(warning) }
    return NativeEngine(modelName: modelName, hubName: hubName, model: model, conversation: conversation)
  }

  /// The file or folder.
  package var path: String { resolved.path }

  /// What artifacts say of the model. By content, as the hashes are: what a file is called must not reach an artifact.
  package var modelName: String { entry?.name ?? "sha256:\(resolved.sha256)" }

  /// The model's name on the Hugging Face hub, where the catalog or its own files say it.
  package var hubName: HubName? {
    if let name = entry.flatMap(\.hubName) { return name }
    return switch source {
    case .file(let file): HubName(source: file)
    case .folder(let folder): HubName(source: folder)
    }
  }

  private var entry: CatalogEntry? { ModelCatalog.standard.entries.first { $0.sha256 == resolved.sha256 } }

  /// The model's own chat template.
  package var ownTemplate: ChatTemplate { .own(description.chatTemplate) }

  /// The bytes of the weights as they lie in their files, which is about what they take when they are packed.
  private var weightBytes: Int {
    let paths: [String] =
      switch source {
      case .file(let file): file.paths
      case .folder(let folder): folder.files.filter { $0.hasSuffix(".safetensors") }.map { "\(resolved.path)/\($0)" }
      }
    return paths.reduce(0) { sum, path in
      sum + ((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
    }
  }
}
