extension ModelFamily {
  /// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values.
  ///
  /// Source: Qwen2 Technical Report (arXiv 2407.10671).
  static let qwen2 = ModelFamily(
    name: "Qwen2", ggufArchitecture: "qwen2", huggingFaceTypes: ["qwen2"], biases: [.query, .key, .value],
    keys: ["use_sliding_window", "sliding_window", "max_window_layers", "layer_types"],
    defaults: ["sliding_window": 4096, "max_window_layers": 28, "num_key_value_heads": 32])
}
