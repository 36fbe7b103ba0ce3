import Compute
import Foundation
import LanguageModel
import ModelFiles
import Tokenization

/// A file to be mutated, and what reads it.
struct Subject {
  /// What is written in place of `target` before reading.
  let bytes: [UInt8]
  /// The file that is replaced.
  let target: URL
  /// Reads it, and uses what was read.
  let read: (ComputeContext) throws -> Void

  /// Puts the file back as it was, for the other files of its folder.
  func restore() throws { try Data(bytes).write(to: target) }

  /// The small files of the tests: models as GGUF files and folders, tokenizers, adapters.
  static func all(in folder: URL) throws -> [Subject] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let models = tests.appending(path: "LanguageModelTests/Fixtures")
    let tokenizers = tests.appending(path: "TokenizationTests/Fixtures/families")
    var subjects: [Subject] = []
    for name in ["tiny-llama-q4_1", "families/llama3", "families/bloom", "families/gemma2", "families/phi3-longrope"] {
      let target = folder.appending(path: "\(URL(filePath: name).lastPathComponent).gguf")
      subjects.append(
        Subject(bytes: try content(models.appending(path: "\(name).gguf")), target: target) { context in
          let file = try GGUFFile(path: target.path)
          if let description = try? TokenizerDescription(file: file) { try use(description) }
          try use(LanguageModel(file: file, context: context))
        })
    }
    for name in ["llama", "llama-shards", "gemma3", "bloom"] {
      let copy = folder.appending(path: name)
      try FileManager.default.copyItem(at: models.appending(path: "families/\(name)"), to: copy)
      for file in try FileManager.default.contentsOfDirectory(atPath: copy.path).sorted() {
        let target = copy.appending(path: file)
        subjects.append(
          Subject(bytes: try content(target), target: target) { context in
            let checkpoint = try CheckpointFolder(path: copy.path)
            try use(LanguageModel(folder: checkpoint, context: context))
          })
      }
    }
    for name in ["gpt2", "llama3", "qwen2", "bloom", "llama2", "gemma", "mistral-first"] {
      let target = folder.appending(path: "\(name)-tokenizer.json")
      subjects.append(
        Subject(bytes: try content(tokenizers.appending(path: "\(name).json")), target: target) { _ in
          try use(TokenizerDescription(tokenizer: JSONNode(file: target.path)))
        })
    }
    return subjects
  }

  private static func content(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  /// Three positions through all layers.
  private static func use(_ model: LanguageModel) throws {
    let rows = try model.embed([0, 1, 2].map { $0 % model.configuration.vocabularySize })
    let cache = model.makeCache(slots: 1, capacity: 3)
    var memory = PassMemory(model.configuration)
    let states = try model.forward([SequenceInput(embeddings: rows, slot: 0)], cache: cache, memory: &memory)
    _ = model.logits(of: states)
  }

  /// Texts there and back.
  private static func use(_ description: TokenizerDescription) throws {
    let tokenizer = try Tokenizer(description)
    for text in ["", "Hello, it's 12345!\n\n", "e\u{301} 春 😀 <s>a</s>", String(repeating: "a b", count: 40)] {
      _ = tokenizer.decode(tokenizer.encode(text, special: .parse), skippingSpecial: false)
    }
    _ = try? ConversationEncoder(ChatTemplate(recognizing: description.chatTemplate), tokenizer: tokenizer)
  }
}
