import Foundation
import ModelFiles
import Testing

@Suite struct PromptAdapterTests {
  private let folder: TemporaryFolder
  private let adapter = PromptAdapter(
    embeddings: [0.5, -1, 2, 3, 4, 5], virtualTokenCount: 2, tokenDimension: 3,
    baseModelName: "HuggingFaceTB/SmolLM2-135M-Instruct", attentionHeadCount: 9, layerCount: 30)

  init() throws { folder = try TemporaryFolder() }

  private func write(_ adapter: PromptAdapter) throws {
    for file in adapter.encode() { try folder.write(file.bytes, to: file.name) }
  }

  /// Writes the adapter with one piece of its configuration exchanged, and gives the message that reading it gives.
  private func message(replacing old: String, with new: String) throws -> String {
    try write(adapter)
    let text = try #require(adapter.encode().first.map { String(decoding: $0.bytes, as: UTF8.self) })
    #expect(text.contains(old))
    try folder.write(text.replacingOccurrences(of: old, with: new).utf8, to: "adapter_config.json")
    do {
      _ = try PromptAdapter(folder: folder.path)
      return "no error"
    } catch { return error.description }
  }

  @Test func readsWhatItWrote() throws {
    try write(adapter)
    #expect(try PromptAdapter(folder: folder.path) == adapter)
  }

  @Test func readsAnEmptyPromptOfAnUnknownModel() throws {
    let empty = PromptAdapter(
      embeddings: [], virtualTokenCount: 0, tokenDimension: 3, baseModelName: nil, attentionHeadCount: nil,
      layerCount: nil)
    try write(empty)
    #expect(try PromptAdapter(folder: folder.path) == empty)
  }

  @Test func filesAreWhatPEFTExpects() throws {
    let files = adapter.encode()
    #expect(files.map(\.name) == ["adapter_config.json", "adapter_model.safetensors"])
    let object = try #require(try JSONSerialization.jsonObject(with: files[0].bytes) as? [String: Any])
    #expect(object["peft_type"] as? String == "PROMPT_TUNING")
    #expect(object["task_type"] as? String == "CAUSAL_LM")
    #expect(object["prompt_tuning_init"] as? String == "RANDOM")
    #expect(object["num_virtual_tokens"] as? Int == 2)
    #expect(object["token_dim"] as? Int == 3)
    #expect(object["num_transformer_submodules"] as? Int == 1)
    #expect(object["num_attention_heads"] as? Int == 9)
    #expect(object["num_layers"] as? Int == 30)
    #expect(object["inference_mode"] as? Bool == true)
    #expect(object["base_model_name_or_path"] as? String == "HuggingFaceTB/SmolLM2-135M-Instruct")
    try write(adapter)
    let tensors = try SafetensorsFile.read(path: folder.path + "/adapter_model.safetensors")
    #expect(tensors == ["prompt_embeddings": SafetensorsTensor(shape: [2, 3], values: [0.5, -1, 2, 3, 4, 5])])
  }

  @Test func contradictionsAreRefused() throws {
    let count = try message(replacing: "\"num_virtual_tokens\": 2", with: "\"num_virtual_tokens\": 3")
    #expect(count.contains("the shape [2, 3]") && count.contains("[3, 3]"))
    #expect(try message(replacing: "PROMPT_TUNING", with: "LORA").contains("found \"LORA\""))
    #expect(try message(replacing: "\"token_dim\": 3", with: "\"token_dim\": \"3\"").contains("\"token_dim\""))
    #expect(try message(replacing: "\"token_dim\": 3,", with: "").contains("token_dim"))
    #expect(try message(replacing: "submodules\": 1", with: "submodules\": 2").contains("num_transformer_submodules"))
    #expect(try message(replacing: "{", with: "").contains("adapter_config.json"))
  }

  @Test func badTensorsAreRefused() throws {
    func message(_ tensors: [String: SafetensorsTensor]) throws -> String {
      try write(adapter)
      try folder.write(SafetensorsFile.encode(tensors), to: "adapter_model.safetensors")
      do {
        _ = try PromptAdapter(folder: folder.path)
        return "no error"
      } catch { return error.description }
    }
    let infinite = SafetensorsTensor(shape: [2, 3], values: [0, 0, 0, 0, .infinity, 0])
    #expect(try message(["prompt_embeddings": infinite]).contains("row 1: found inf"))
    let sound = SafetensorsTensor(shape: [2, 3], values: [0, 0, 0, 0, 0, 0])
    #expect(try message(["other": sound]).contains("[\"other\"]"))
    #expect(try message(["prompt_embeddings": sound, "more": sound]).contains("only \"prompt_embeddings\""))
  }

  @Test func missingFilesAreNamed() throws {
    #expect(throws: ModelFileError.self) { try PromptAdapter(folder: folder.path) }
    try folder.write(adapter.encode()[0].bytes, to: "adapter_config.json")
    let path = folder.path + "/adapter_model.safetensors"
    #expect(throws: ModelFileError.unreadable(path: path, reason: "No such file or directory")) {
      try PromptAdapter(folder: folder.path)
    }
  }
}
