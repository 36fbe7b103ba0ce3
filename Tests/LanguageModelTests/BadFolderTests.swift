import Compute
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// Folders whose configuration is not supported or contradicts the tensors: each gives one clear error.
struct BadFolderTests {
  /// The error of a copy of a checkpoint in whose `config.json` one text is replaced by another.
  private func message(_ name: String, replacing old: String, by new: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-folder-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: URL(filePath: Fixtures.languageModel.path("families/\(name)")), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "config.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains(old), "\(old)")
    try Data(text.replacing(old, with: new).utf8).write(to: file)
    let error = try #require(throws: (any Error).self) {
      try LanguageModel(folder: CheckpointFolder(path: folder.path), context: ComputeContext(threads: 1))
    }
    return "\(error)"
  }

  @Test(
    arguments: [
      ("llama", #""model_type": "llama""#, #""model_type": "mamba""#, ["\"mamba\"", "llama, mistral, bloom"]),
      ("llama", #""hidden_act": "silu""#, #""hidden_act": "relu""#, ["hidden_act", "relu", "silu"]),
      ("llama", #""num_hidden_layers": 2"#, #""num_hidden_layers": 3"#, ["model.layers.2.", "no such tensor"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": 48"#, ["lm_head.weight", "[96, 32]", "[96, 48]"]),
      ("llama", #""num_key_value_heads": 1"#, #""num_key_value_heads": 2"#, ["k_proj.weight", "[16, 32]", "[32, 32]"]),
      ("llama", #""head_dim": 16"#, #""head_dim": 24"#, ["num_attention_heads", "multiple of 16"]),
      ("llama", #""vocab_size": 96"#, #""vocab_size": 97"#, ["lm_head.weight", "[97, 32]"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": -1"#, ["hidden_size", "-1"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": "wide""#, ["hidden_size", "wide", "an integer"]),
      ("llama3", #""rope_type": "llama3""#, #""rope_type": "yarn""#, ["rope_type", "yarn", "longrope"]),
      ("llama3", #""factor": 8.0"#, #""factor": 0"#, ["factor", "0"]),
      ("gemma3", #""num_hidden_layers": 7"#, #""num_hidden_layers": 6"#, ["layer_types", "7 layers", "6"]),
      ("phi3-longrope", #""head_dim": 16"#, #""head_dim": 32"#, ["short_factor", "8 factors", "16"]),
      ("qwen2", #""tie_word_embeddings": true"#, #""tie_word_embeddings": false"#, ["tie_word_embeddings", "lm_head"]),
      ("bloom", #""n_head": 2"#, #""n_head": 3"#, ["num_attention_heads", "3 heads"]),
    ] as [(String, String, String, [String])])
  func theMessageNamesFileKeyAndWhatWasExpected(
    name: String, old: String, new: String, parts: [String]
  ) throws {
    let message = try message(name, replacing: old, by: new)
    for part in parts + ["antipode-folder-"] { #expect(message.contains(part), "\(message)") }
  }
}
