extension ModelFamily {
  /// Qwen3: Llama with normalized queries and keys, and heads whose size is stated.
  ///
  /// Source: Qwen3 Technical Report (arXiv 2505.09388).
  static let qwen3 = ModelFamily(
    name: "Qwen3", ggufArchitecture: "qwen3", huggingFaceTypes: ["qwen3"], headNorms: .each,
    keys: ["attention_bias", "use_sliding_window", "sliding_window", "max_window_layers", "layer_types"],
    defaults: ["head_dim": 128, "sliding_window": 4096, "max_window_layers": 28, "num_key_value_heads": 32])
}
