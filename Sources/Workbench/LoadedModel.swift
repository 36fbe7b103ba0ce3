import Compute
import Experiments
import Fingerprints
import Foundation
import JSON
import LanguageModel
import ModelFiles
import Tokenization

/// A model with all that comes from its file: weights, tokenizer and chat template.
struct LoadedModel {
  /// The catalog's name for the file, or its hash.
  let name: String
  var model: LanguageModel
  let tokenizer: Tokenizer
  let conversation: ConversationEncoder

  /// The rows before an instruction with a system message of tokens, `[count, width]`.
  func prefix(systemTokens: [Int]) throws -> Matrix {
    try model.embed(conversation.beforeSystem + systemTokens + conversation.afterSystem)
  }

  /// The rows before an instruction with a system message of soft-prompt rows `[P, width]`.
  func prefix(softPrompt: Matrix) throws -> Matrix {
    let width = model.configuration.width
    guard softPrompt.columns == width else {
      throw WorkbenchError.foreignPrompts(found: softPrompt.columns, expected: width)
    }
    return Matrix.stacking(
      [try model.embed(conversation.beforeSystem), softPrompt, try model.embed(conversation.afterSystem)],
      columns: width)
  }
}

/// A model file that was found and hashed, before its weights are loaded.
struct FoundModel {
  /// Where the weights are.
  enum Source {
    case file(GGUFFile)
    case folder(CheckpointFolder)
  }

  let resolved: ResolvedModel
  let source: Source
  let description: TokenizerDescription

  /// Finds a catalog's model, a file or a folder; fetches the first where it is not cached.
  init(_ nameOrPath: String, progress: ProgressReporter) throws {
    resolved = try ModelCatalog.resolve(nameOrPath) { progress.note($0) }
    if CheckpointFolder.isOne(at: resolved.path) {
      let folder = try CheckpointFolder(path: resolved.path)
      source = .folder(folder)
      description = try TokenizerDescription(folder: folder)
    } else {
      let file = try GGUFFile(path: resolved.path)
      source = .file(file)
      description = try TokenizerDescription(file: file)
    }
  }

  /// What the plan's hashes are made of. The tokenizer's covers the vocabulary, the merges and the chat template.
  func material() throws -> Materials.Model {
    guard let weights = Fingerprint(hexadecimal: resolved.sha256) else {
      throw WorkbenchError.malformed(
        path: resolved.path, place: "hash", found: resolved.sha256, expected: "64 hexadecimal digits")
    }
    let optional: (Int?) -> JSONValue = { $0.map(JSONValue.integer) ?? .null }
    var tokenizer: [String: JSONValue] = [
      "kind": .string(description.kind), "preTokenizer": .string(description.preTokenizer),
      "tokens": .string(Fingerprint(ofBytes: Data(description.tokens.joined(separator: "\n").utf8)).hexadecimal),
      "tokenKinds": .array(
        Set(description.tokenKinds).sorted().map { kind in
          .array([
            .integer(kind),
            .string(
              Fingerprint(
                ofBytes: Data(
                  description.tokenKinds.indices
                    .filter { description.tokenKinds[$0] == kind }.map(String.init).joined(separator: " ").utf8)
              ).hexadecimal),
          ])
        }),
      "merges": .string(Fingerprint(ofBytes: Data(description.merges.joined(separator: "\n").utf8)).hexadecimal),
      "beginningOfSequence": optional(description.beginningOfSequence),
      "endOfSequence": optional(description.endOfSequence), "endOfTurn": optional(description.endOfTurn),
      "addsBeginningOfSequence": .boolean(description.addsBeginningOfSequence),
      "chatTemplate": description.chatTemplate.map(JSONValue.string) ?? .null,
    ]
    // What only some kinds of tokenizers have is told of those alone.
    if !description.scores.isEmpty {
      let scores = description.scores.map { String($0.bitPattern) }.joined(separator: " ")
      tokenizer["scores"] = .string(Fingerprint(ofBytes: Data(scores.utf8)).hexadecimal)
    }
    if description.spacePrefix != .never { tokenizer["spacePrefix"] = .string(description.spacePrefix.rawValue) }
    if description.composesCharacters { tokenizer["composesCharacters"] = .boolean(true) }
    if description.takesWholeWords { tokenizer["takesWholeWords"] = .boolean(true) }
    let members = tokenizer.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: $0.value) }
    return Materials.Model(weights: weights, tokenizer: Fingerprint(of: .object(JSONObject(members))))
  }

  /// Loads the weights.
  /// - Parameters:
  ///   - template: The chat template; nil for the model's own.
  ///   - other: The same model under another template, whose weights and tokenizer are taken where it is there.
  func load(template: ChatTemplate?, sharing other: LoadedModel?, on context: ComputeContext) throws -> LoadedModel {
    let tokenizer = try other?.tokenizer ?? Tokenizer(description)
    let conversation = try ConversationEncoder(
      template ?? ChatTemplate(recognizing: description.chatTemplate), tokenizer: tokenizer)
    if let other {
      return LoadedModel(name: other.name, model: other.model, tokenizer: tokenizer, conversation: conversation)
    }
    try MemoryGuard().check(
      weightBytes, for: resolved.path,
      advice: "Close other programs, or take a smaller or more strongly quantized model.")
    let model =
      switch source {
      case .file(let file): try LanguageModel(file: file, context: context)
      case .folder(let folder): try LanguageModel(folder: folder, context: context)
      }
    guard tokenizer.vocabularySize <= model.configuration.vocabularySize else {
      throw WorkbenchError.malformed(
        path: resolved.path, place: "tokenizer", found: "\(tokenizer.vocabularySize) tokens",
        expected: "at most the \(model.configuration.vocabularySize) rows of the embedding table")
    }
    // By content, as the hashes are: what a file is called must not reach an artifact.
    let name = ModelCatalog.standard.entries.first { $0.sha256 == resolved.sha256 }?.name
    return LoadedModel(
      name: name ?? "sha256:\(resolved.sha256)", model: model, tokenizer: tokenizer, conversation: conversation)
  }
}

extension LoadedModel {
  /// The text of an answer as its tokens come.
  func textStream() -> TextStream { TextStream(tokenizer) }
}
