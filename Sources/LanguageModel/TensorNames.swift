/// The parts of a block that have weights, and perhaps a bias.
enum BlockPart: Sendable, Hashable {
  case attentionNorm, query, key, value, queryKeyValue, queryNorm, keyNorm, attentionOutput, attentionOutputNorm
  case feedForwardNorm, gate, up, gateUp, down, feedForwardOutputNorm
  case router, expertGate, expertUp, expertDown
}

/// What files of one kind call a model's tensors, without `.weight` and `.bias`.
struct TensorNames: Sendable {
  /// What may stand before all names but the output head's; the first with which the file has an embedding table
  /// counts.
  var prefixes: [String]
  var embedding: String
  var embeddingNorm: String
  var outputNorm: String
  /// The output head, with all that stands before it.
  var output: [String]
  /// What stands before a block's names, with `#` for its number.
  var block: String
  var parts: [BlockPart: String]

  /// The names of GGUF files (gguf-py, `constants.py`), which all families share.
  static let gguf = TensorNames(
    prefixes: [""], embedding: "token_embd", embeddingNorm: "token_embd_norm", outputNorm: "output_norm",
    output: ["output"], block: "blk.#.",
    parts: [
      .attentionNorm: "attn_norm", .query: "attn_q", .key: "attn_k", .value: "attn_v", .queryKeyValue: "attn_qkv",
      .queryNorm: "attn_q_norm", .keyNorm: "attn_k_norm", .attentionOutput: "attn_output",
      .attentionOutputNorm: "post_attention_norm", .feedForwardNorm: "ffn_norm", .gate: "ffn_gate", .up: "ffn_up",
      .gateUp: "ffn_up", .down: "ffn_down", .feedForwardOutputNorm: "post_ffw_norm",
      .router: "ffn_gate_inp", .expertGate: "ffn_gate_exps", .expertUp: "ffn_up_exps", .expertDown: "ffn_down_exps",
    ])

  /// The names of Hugging Face folders for families that follow Llama; `language_model.` stands before them in models
  /// that also see images.
  static let huggingFace = TensorNames(
    prefixes: ["model.", "language_model.model.", "model.language_model.", ""], embedding: "embed_tokens",
    embeddingNorm: "embed_norm", outputNorm: "norm", output: ["lm_head", "language_model.lm_head"],
    block: "layers.#.",
    parts: [
      .attentionNorm: "input_layernorm", .query: "self_attn.q_proj", .key: "self_attn.k_proj",
      .value: "self_attn.v_proj", .queryKeyValue: "self_attn.qkv_proj", .queryNorm: "self_attn.q_norm",
      .keyNorm: "self_attn.k_norm", .attentionOutput: "self_attn.o_proj", .feedForwardNorm: "post_attention_layernorm",
      .gate: "mlp.gate_proj", .up: "mlp.up_proj", .gateUp: "mlp.gate_up_proj", .down: "mlp.down_proj",
      .router: "mlp.gate", .expertGate: "mlp.experts.@.gate_proj", .expertUp: "mlp.experts.@.up_proj",
      .expertDown: "mlp.experts.@.down_proj",
    ])

  /// The same with other names for some parts.
  func renaming(_ changes: [BlockPart: String]) -> TensorNames {
    var names = self
    names.parts.merge(changes) { $1 }
    return names
  }

  /// A part of a block; `@` in it stands for an expert's number.
  func name(_ part: BlockPart, layer: Int) -> String {
    block.replacing("#", with: String(layer)) + (parts[part] ?? "\(part)")
  }
}
