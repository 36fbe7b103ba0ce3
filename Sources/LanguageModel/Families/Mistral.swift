extension ModelFamily {
  /// Mistral: Llama with a sliding window in all layers, where the file states one.
  ///
  /// Source: Jiang et al., Mistral 7B (arXiv 2310.06825). Its GGUF files say `llama`.
  static let mistral = ModelFamily(
    name: "Mistral", ggufArchitecture: nil, huggingFaceTypes: ["mistral"], ggufPairs: .neighbors,
    keys: ["sliding_window", "layer_types"], defaults: ["sliding_window": 4096, "num_key_value_heads": 8])
}
