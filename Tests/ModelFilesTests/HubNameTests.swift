import Foundation
import Testing

@testable import ModelFiles

struct HubNameTests {
  @Test(arguments: [
    ("HuggingFaceTB/SmolLM2-135M-Instruct", "HuggingFaceTB/SmolLM2-135M-Instruct"),
    ("https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct", "Qwen/Qwen2.5-Coder-1.5B-Instruct"),
    ("https://huggingface.co/google/gemma-3-270m/", "google/gemma-3-270m"),
    ("/home/me/model", nil), ("./model", nil), ("../models/mine", nil), ("~/models", nil), ("model", nil), ("", nil),
    ("a/b/c", nil), ("https://example.org/a/b", nil), ("a b/c", nil), ("models/", nil),
  ]) func whatIsARepository(text: String, name: String?) { #expect(HubName(text)?.text == name) }

  @Test func aFolderSaysWhatItWasLoadedBy() throws {
    let folder = try TemporaryFolder()
    let weights = SafetensorsFile.encode(["a": SafetensorsTensor(shape: [1], values: [1])], metadata: [:])
    try folder.write(weights, to: "model.safetensors")
    func name(_ configuration: String) throws -> String? {
      try folder.write(configuration.utf8, to: "config.json")
      return HubName(source: try CheckpointFolder(path: folder.path))?.text
    }
    #expect(try name(#"{"_name_or_path": "Qwen/Qwen3-0.6B"}"#) == "Qwen/Qwen3-0.6B")
    #expect(try name(#"{"_name_or_path": "/tmp/checkpoint-500"}"#) == nil)
    #expect(try name(#"{"_name_or_path": 3}"#) == nil)
    #expect(try name("{}") == nil)
  }

  @Test func aFileSaysWhereItsWeightsAreFrom() throws {
    let folder = try TemporaryFolder()
    func name(_ members: [String: String]) throws -> String? {
      var builder = GGUFBuilder()
      for (key, value) in members { builder.add(key, 8, GGUFBuilder.text(value)) }
      return HubName(source: try GGUFFile(path: try folder.write(builder.build(), to: "a.gguf")))?.text
    }
    #expect(try name(["general.source.huggingface.repository": "Qwen/Qwen3-0.6B"]) == "Qwen/Qwen3-0.6B")
    #expect(try name(["general.source.repo_url": "https://huggingface.co/Qwen/Qwen3-0.6B"]) == "Qwen/Qwen3-0.6B")
    // The model that it was tuned from.
    #expect(try name(["general.base_model.0.repo_url": "https://huggingface.co/Qwen/Qwen3-0.6B-Base"]) == nil)
  }
}
