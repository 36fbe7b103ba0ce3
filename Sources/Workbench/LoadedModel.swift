import Compute
import Experiments
import Foundation
import LanguageModel
import ModelFiles
import Tokenization

/// A model with all that comes from its file: weights, tokenizer and chat template.
struct LoadedModel {
  /// The catalog's name for the file, or its hash.
  let name: String
  let model: LanguageModel
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
  let resolved: ResolvedModel
  let file: GGUFFile
  let description: TokenizerDescription

  /// Finds a catalog's model or a file; fetches the former where it is not cached.
  init(_ nameOrPath: String, progress: ProgressReporter) throws {
    resolved = try ModelCatalog.resolve(nameOrPath) { progress.note($0) }
    file = try GGUFFile(path: resolved.path)
    description = try TokenizerDescription(file: file)
  }

  /// What the plan's hashes are made of. The tokenizer's covers the vocabulary, the merges and the chat template.
  func material() throws -> Materials.Model {
    guard let weights = Fingerprint(hexadecimal: resolved.sha256) else {
      throw WorkbenchError.malformed(
        path: resolved.path, place: "hash", found: resolved.sha256, expected: "64 hexadecimal digits")
    }
    let optional: (Int?) -> JSONValue = { $0.map(JSONValue.integer) ?? .null }
    let tokenizer: JSONValue = [
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
    return Materials.Model(weights: weights, tokenizer: Fingerprint(of: tokenizer))
  }

  /// Loads the weights.
  func load(on context: ComputeContext) throws -> LoadedModel {
    let tokenizer = try Tokenizer(description)
    let conversation = try ConversationEncoder(
      ChatTemplate(recognizing: description.chatTemplate), tokenizer: tokenizer)
    let model = try LanguageModel(file: file, context: context)
    guard tokenizer.vocabularySize <= model.configuration.vocabularySize else {
      throw WorkbenchError.malformed(
        path: resolved.path, place: "tokenizer.ggml.tokens", found: "\(tokenizer.vocabularySize) tokens",
        expected: "at most the \(model.configuration.vocabularySize) rows of token_embd.weight")
    }
    // By content, as the hashes are: what a file is called must not reach an artifact.
    let name = ModelCatalog.standard.entries.first { $0.sha256 == resolved.sha256 }?.name
    return LoadedModel(
      name: name ?? "sha256:\(resolved.sha256)", model: model, tokenizer: tokenizer, conversation: conversation)
  }
}

extension TokenizerDescription {
  /// The tokenizer that a GGUF file describes.
  init(file: GGUFFile) throws {
    self.init(
      kind: try file.string("tokenizer.ggml.model"),
      preTokenizer: try file.optionalString("tokenizer.ggml.pre") ?? "default",
      tokens: try file.strings("tokenizer.ggml.tokens"),
      tokenKinds: try file.optionalIntegers("tokenizer.ggml.token_type") ?? [],
      merges: try file.optionalStrings("tokenizer.ggml.merges") ?? [],
      beginningOfSequence: try file.optionalInteger("tokenizer.ggml.bos_token_id"),
      endOfSequence: try file.optionalInteger("tokenizer.ggml.eos_token_id"),
      endOfTurn: try file.optionalInteger("tokenizer.ggml.eot_token_id"),
      padding: try file.optionalInteger("tokenizer.ggml.padding_token_id"),
      unknown: try file.optionalInteger("tokenizer.ggml.unknown_token_id"),
      addsBeginningOfSequence: try file.optionalBool("tokenizer.ggml.add_bos_token") ?? false,
      chatTemplate: try file.optionalString("tokenizer.chat_template"))
  }
}

extension LoadedModel {
  /// The text of an answer as its tokens come.
  func textStream() -> TextStream { TextStream(tokenizer) }
}
