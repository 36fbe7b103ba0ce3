import Compute
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// Folders whose configuration is not supported or contradicts the tensors: each gives one clear error.
struct BadFolderTests {
  /// A copy of a checkpoint in whose `config.json` one text is replaced by another.
  private func withCopy<Result>(
    of name: String, replacing old: String, by new: String, _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-folder-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: URL(filePath: Fixtures.languageModel.path("families/\(name)")), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "config.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains(old), "\(old)")
    try Data(text.replacing(old, with: new).utf8).write(to: file)
    return try body(folder.path)
  }

  /// What loading such a copy throws.
  private func message(_ name: String, replacing old: String, by new: String) throws -> String {
    try withCopy(of: name, replacing: old, by: new) { path in
      let error = try #require(throws: (any Error).self) {
        try LanguageModel(folder: CheckpointFolder(path: path), context: ComputeContext(threads: 1))
      }
      return "\(error)"
    }
  }

  @Test(
    arguments: [
      (
        "llama", #""model_type": "llama""#, #""model_type": "mamba""#,
        ["model_type: found \"mamba\"", "llama, mistral, bloom"]
      ),
      ("llama", #""hidden_act": "silu""#, #""hidden_act": "relu""#, ["hidden_act", "relu", "silu"]),
      ("llama", #""num_hidden_layers": 2"#, #""num_hidden_layers": 3"#, ["model.layers.2.", "no such tensor"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": 48"#, ["lm_head.weight", "[96, 32]", "[96, 48]"]),
      ("llama", #""num_key_value_heads": 1"#, #""num_key_value_heads": 2"#, ["k_proj.weight", "[16, 32]", "[32, 32]"]),
      ("llama", #""head_dim": 16"#, #""head_dim": 24"#, ["q_proj.weight", "[32, 32]", "[48, 32]"]),
      ("llama", #""vocab_size": 96"#, #""vocab_size": 97"#, ["lm_head.weight", "[97, 32]"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": -1"#, ["hidden_size", "-1"]),
      ("llama", #""hidden_size": 32"#, #""hidden_size": "wide""#, ["hidden_size", "wide", "an integer"]),
      ("llama3", #""rope_type": "llama3""#, #""rope_type": "mrope""#, ["rope_type", "mrope", "longrope", "yarn"]),
      ("llama3", #""factor": 8.0"#, #""factor": 0"#, ["factor", "0"]),
      ("gemma3", #""num_hidden_layers": 7"#, #""num_hidden_layers": 6"#, ["layer_types", "7 layers", "6"]),
      (
        "qwen3-moe", #""num_experts_per_tok": 2"#, #""num_experts_per_tok": 5"#,
        ["num_experts_per_tok", "5 of 4 experts"]
      ),
      (
        "qwen3-moe", #""num_local_experts": 4"#, #""num_local_experts": 5"#,
        ["experts.4.gate_proj.weight", "[32, 32]"]
      ),
      (
        "smollm3", #""num_hidden_layers": 4"#, #""num_hidden_layers": 3"#,
        ["no_rope_layers", "4 layers", "3"]
      ),
      ("phi3-longrope", #""head_dim": 16"#, #""head_dim": 32"#, ["short_factor", "8 factors", "16"]),
      ("qwen2", #""tie_word_embeddings": true"#, #""tie_word_embeddings": false"#, ["tie_word_embeddings", "lm_head"]),
      (
        "gemma3", #""use_bidirectional_attention": false"#, #""use_bidirectional_attention": true"#,
        ["use_bidirectional_attention", "found true", "expected false"]
      ),
      (
        "gemma2", #""use_bidirectional_attention": null"#, #""use_bidirectional_attention": true"#,
        ["use_bidirectional_attention", "found true"]
      ),
      (
        "gemma3", #""attn_logit_softcapping": null"#, #""attn_logit_softcapping": 50.0"#,
        ["attn_logit_softcapping", "found 50", "null"]
      ),
      (
        "gemma3", #""full_attention","#, #""chunked_attention","#,
        ["layer_types", "chunked_attention", "full_attention"]
      ),
      ("llama", #""use_cache": true"#, #""clip_qkv": 8.0"#, ["clip_qkv", "found 8", "null"]),
      ("llama", #""use_cache": true"#, #""parallel_attn": true"#, ["parallel_attn", "true"]),
      ("llama", #""use_cache": true"#, #""is_causal": false"#, ["is_causal", "false"]),
      ("llama", #""use_cache": true"#, #""logit_scale": 0.0625"#, ["logit_scale", "0.0625"]),
      ("llama", #""use_cache": true"#, #""num_local_experts": 8"#, ["num_local_experts", "8", "mixture of experts"]),
      ("llama", #""attention_bias": false"#, #""attention_bias": true"#, ["q_proj.bias", "no such tensor"]),
      ("llama", #""mlp_bias": false"#, #""mlp_bias": true"#, ["gate_proj.bias", "no such tensor"]),
      (
        "llama", #""use_cache": true"#, #""quantization_config": {"quant_method": "gptq", "bits": 4}"#,
        ["quantization_config", "gptq", "GGUF"]
      ),
      (
        "llama", #""use_cache": true"#, #""quantization_config": {"quant_method": "compressed-tensors"}"#,
        ["quantization_config", "compressed-tensors"]
      ),
      (
        "llama", #""use_cache": true"#, #""quantization_config": {"load_in_4bit": true}"#,
        ["quantization_config", "bitsandbytes"]
      ),
      ("bloom", #""n_head": 2"#, #""n_head": 3"#, ["num_attention_heads", "3 heads"]),
    ] as [(String, String, String, [String])])
  func theMessageNamesFileKeyAndWhatWasExpected(
    name: String, old: String, new: String, parts: [String]
  ) throws {
    let message = try message(name, replacing: old, by: new)
    for part in parts + ["antipode-folder-"] { #expect(message.contains(part), "\(message)") }
  }

  /// A key that transformers ignores in a family is ignored, and told.
  @Test(
    arguments: [
      ("llama", #""use_cache": true"#, #""use_cache": false"#, []),
      (
        "llama", #""use_cache": true"#, #""aux_loss_coef": 0.0, "use_mrope": false, "_kept": 3, "rope_scaling": null"#,
        []
      ),
      ("llama", #""use_cache": true"#, #""partial_rotary_factor": 1.0, "layer_types": ["full_attention"]"#, []),
      (
        "llama", #""use_cache": true"#, #""sliding_window": 4, "talking_heads": 2"#,
        ["sliding_window: 4", "talking_heads: 2"]
      ),
      ("llama", #""use_cache": true"#, #""partial_rotary_factor": 0.5"#, ["partial_rotary_factor: 0.5"]),
      ("llama3", #""factor": 8.0"#, #""factor": 8.0, "mscale_high": 2"#, ["rope_parameters: mscale_high: 2"]),
      ("gemma2", #""use_cache": true"#, #""hidden_act": "gelu""#, []),
      ("qwen2", #""use_cache": true"#, #""attention_bias": true"#, ["attention_bias: true"]),
    ] as [(String, String, String, [String])])
  func keysThatChangeNothingAreToldIfTheyMayMatter(
    name: String, old: String, new: String, parts: [String]
  ) throws {
    try withCopy(of: name, replacing: old, by: new) { path in
      let context = ComputeContext(threads: 1)
      let model = try LanguageModel(folder: CheckpointFolder(path: path), context: context)
      let warnings = model.configuration.warnings.joined(separator: "\n")
      #expect(warnings.isEmpty == parts.isEmpty, "\(warnings)")
      for part in parts { #expect(warnings.contains(part), "\(warnings)") }
      let plain = try LanguageModel(
        folder: CheckpointFolder(path: Fixtures.languageModel.path("families/\(name)")), context: context)
      #expect(plain.configuration.warnings.isEmpty)
      let tokens = Array(3..<23)
      assertSameBits(
        model.logits(of: try model.cachedStates(tokens, pieces: [20])).values,
        plain.logits(of: try plain.cachedStates(tokens, pieces: [20])).values, new)
    }
  }

  /// A key that is missing has the value that transformers' class gives it.
  @Test func missingKeysHaveTheDefaultsOfTransformers() throws {
    func configuration(_ name: String, without line: String) throws -> ModelConfiguration {
      try withCopy(of: name, replacing: line, by: "") { path in
        let folder = try CheckpointFolder(path: path)
        let kind = try folder.configuration.member("model_type").string()
        let family = try #require(ModelFamily.all.first { $0.huggingFaceTypes.contains(kind) })
        return try ModelConfiguration(folder: folder, family: family)
      }
    }
    #expect(try configuration("gemma2", without: #""final_logit_softcapping": 3.0,"#).logitSoftCap == 30)
    #expect(try configuration("gemma2", without: #""attn_logit_softcapping": 2.0,"#).attentionSoftCap == 50)
    #expect(try configuration("gemma3", without: #""final_logit_softcapping": null,"#).logitSoftCap == nil)
    #expect(try configuration("mistral", without: #""sliding_window": 8,"#).window == 4096)
    #expect(try configuration("qwen3", without: #""head_dim": 32,"#).attention.headSize == 128)
    #expect(try configuration("phi3", without: #""rms_norm_eps": 1e-05,"#).normEpsilon == 1e-5)
  }

  /// Which output head counts where config.json says that the embedding table is it.
  @Test func aHeadThatIsNotTheTableCountsAndIsTold() throws {
    try withCopy(
      of: "llama", replacing: #""tie_word_embeddings": false"#, by: #""tie_word_embeddings": true"#
    ) { path in
      let context = ComputeContext(threads: 1), tokens = Array(3..<23)
      let model = try LanguageModel(folder: CheckpointFolder(path: path), context: context)
      let warnings = model.configuration.warnings
      #expect(
        warnings.count == 1 && warnings[0].contains("tie_word_embeddings") && warnings[0].contains("lm_head.weight"))
      let plain = try LanguageModel(
        folder: CheckpointFolder(path: Fixtures.languageModel.path("families/llama")), context: context)
      assertSameBits(
        model.logits(of: try model.cachedStates(tokens, pieces: [20])).values,
        plain.logits(of: try plain.cachedStates(tokens, pieces: [20])).values)
    }
  }
}
