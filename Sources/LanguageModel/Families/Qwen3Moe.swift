extension ModelFamily {
  /// Qwen3's mixtures of experts: Qwen3 with a router and experts in the place of the feed-forward layer.
  ///
  /// Source: Qwen3 Technical Report (arXiv 2505.09388). GGUF files hold the experts of a layer in one tensor of three
  /// dimensions, Hugging Face folders each by itself.
  static let qwen3Moe = ModelFamily(
    name: "Qwen3 MoE", ggufArchitecture: "qwen3moe", huggingFaceTypes: ["qwen3_moe"], headNorms: .each,
    hasExperts: true,
    keys: [
      "attention_bias", "decoder_sparse_step", "mlp_only_layers", "moe_intermediate_size", "norm_topk_prob",
      "num_experts", "num_experts_per_tok", "num_local_experts", "sliding_window", "use_sliding_window",
    ],
    defaults: [
      "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8, "num_key_value_heads": 4,
      "sliding_window": 4096,
    ])
}
