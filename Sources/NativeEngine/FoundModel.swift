package import Compute
package import Fingerprints
import Foundation
import JSON
import LanguageModel
import Messages
package import ModelFiles
import Stages
package import Tokenization

/// A model file that was found and hashed, before its weights are loaded.
package struct FoundModel {
  /// Where the weights are.
  private enum Source {
    case file(GGUFFile)
    case folder(CheckpointFolder)

    /// The tokenizer that its files describe.
    var description: TokenizerDescription {
      get throws(ModelFileError) {
        switch self {
        case .file(let file): try TokenizerDescription(file: file)
        case .folder(let folder): try TokenizerDescription(folder: folder)
        }
      }
    }
  }

  /// The hash of the weights.
  package let weights: Fingerprint
  private let resolved: ResolvedModel
  private let source: Source
  private let description: TokenizerDescription
  /// The repository of the hub that it was asked for by, and the commit that it is.
  private let origin: (name: HubName, commit: String)?
  /// The model's own tokenizer, where ours do not know it.
  private let ownTokenizer: (any OwnTokenizer)?
  /// What runs the model's own template, where our Jinja does not.
  private let renderer: (any OwnTokenizer)?
  /// Why ours can't read or frame its texts; nil where they can.
  private let refusal: (any Error)?

  /// Finds a catalog's model, a file or a folder; fetches the first where it is not cached.
  /// - Parameters:
  ///   - origin: The repository of the hub that the folder was fetched from, and the commit.
  ///   - watch: Told of what takes time, and of what in the tokenizer's description is not used.
  ///   - own: Gives the own tokenizer of the model at a path, which is taken where ours do not know it; nil to refuse
  ///     such a model.
  package init(
    _ nameOrPath: String, from origin: (name: HubName, commit: String)? = nil, watch: FetchWatch = FetchWatch(),
    own: ((_ path: String) throws -> any OwnTokenizer)? = nil
  ) throws {
    let resolved = try ModelCatalog.resolve(nameOrPath, watch: watch)
    guard let weights = Fingerprint(hexadecimal: resolved.sha256) else {
      throw ModelFileError.malformed(
        path: resolved.path, place: "hash", found: resolved.sha256, expected: "64 hexadecimal digits")
    }
    self.resolved = resolved
    self.weights = weights
    self.origin = origin
    let source: Source
    if CheckpointFolder.isOne(at: resolved.path) {
      source = .folder(try CheckpointFolder(path: resolved.path))
    } else {
      source = .file(try GGUFFile(path: resolved.path))
    }
    self.source = source
    var tokenizer: (any OwnTokenizer)?, renderer: (any OwnTokenizer)?, refusal: (any Error)?
    var description: TokenizerDescription
    do {
      description = try source.description
      if own != nil { _ = try Tokenizer(description) }
    } catch {
      guard let own, error is TokenizationError || error is ModelFileError else { throw error }
      let found = try Self.own(own, of: resolved.path, besides: error)
      (tokenizer, refusal, description) = (found, error, found.description)
    }
    if let own {
      do {
        let tokenizer = try tokenizer.map { try Tokenizer(own: $0) } ?? Tokenizer(description)
        _ = try ConversationEncoder(.own(description.chatTemplate), tokenizer: tokenizer)
      } catch let error as TokenizationError {
        guard case .template = error else { throw error }
        renderer = try tokenizer ?? Self.own(own, of: resolved.path, besides: error)
        refusal = refusal ?? error
      }
    }
    self.description = description
    ownTokenizer = tokenizer
    self.renderer = renderer
    self.refusal = refusal
    for warning in description.warnings { watch.note("warning: \(warning)") }
    if let ownParts, let refusal { watch.note("\(nameOrPath): \(ownParts). Ours can't do it: \(refusal)") }
  }

  /// The own tokenizer of the model at a path; where it can't be had either, both reasons are told.
  private static func own(
    _ own: (String) throws -> any OwnTokenizer, of path: String, besides refusal: any Error
  ) throws -> any OwnTokenizer {
    do {
      return try own(path)
    } catch let error as any StatusError where error.exitStatus == .badData {
      throw EngineError.unreadableTexts(ours: "\(refusal)", own: "\(error)")
    }
  }

  /// What of the model's texts its own library does, in words; nil for nothing.
  private var ownParts: String? {
    switch (ownTokenizer, renderer) {
    case (nil, nil): nil
    case (_?, nil): "its own tokenizer is taken"
    case (nil, _?): "its chat template is run by its own library"
    case (_?, _?): "its own tokenizer is taken, and its own library runs its chat template"
    }
  }

  /// What records say of where the model is from and what reads its texts: nothing of a file on disk that is read by
  /// ours.
  package var provenance: [String: String] {
    var found: [String: String] = [:]
    if let origin { found["hub"] = "\(origin.name.text)@\(origin.commit)" }
    if let ownParts { found["texts"] = ownParts + (library.map { " (\($0))" } ?? "") }
    return found
  }

  private var library: String? { (ownTokenizer ?? renderer)?.description.library }

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
    if ownTokenizer != nil { parts["own"] = .object(JSONObject(ownFiles.map { .init(key: $0, value: .string($1)) })) }
    if renderer != nil { parts["renderer"] = .string("own") }
    let members = parts.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: $0.value) }
    return Fingerprint(of: .object(JSONObject(members)))
  }

  /// The files that its own tokenizer is read from, with their hashes; of a GGUF file none, since that is hashed whole.
  private var ownFiles: [(name: String, hash: String)] {
    guard case .folder = source else { return [] }
    let names = [
      "added_tokens.json", "chat_template.jinja", "chat_template.json", "merges.txt", "sentencepiece.bpe.model",
      "special_tokens_map.json", "spiece.model", "tekken.json", "tokenizer.json", "tokenizer.model",
      "tokenizer_config.json", "vocab.json", "vocab.txt",
    ]
    return names.compactMap { name in
      (try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))).map {
        (name, Fingerprint(ofBytes: $0).hexadecimal)
      }
    }
  }

  /// How the model's conversations are framed: what can be said of it without its weights.
  /// - Parameters:
  ///   - template: The chat template; nil for the model's own.
  ///   - variables: What conversations depend on beside it.
  package func conversation(
    template: ChatTemplate? = nil, variables: ConversationVariables = .init()
  ) throws(TokenizationError) -> ConversationEncoder {
    let tokenizer = if let ownTokenizer { try Tokenizer(own: ownTokenizer) } else { try Tokenizer(description) }
    // Templates of others are run by ours.
    return try ConversationEncoder(
      template ?? ownTemplate, tokenizer: tokenizer, variables: variables, renderer: template == nil ? renderer : nil)
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
    if let refusal { throw refusal }
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
    if let origin { return origin.name }
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
