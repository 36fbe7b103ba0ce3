extension ModelFamily {
  /// Qwen3: Llama with normalized queries and keys, and heads whose size is stated.
  ///
  /// Source: Qwen3 Technical Report (arXiv 2505.09388).
  static let qwen3 = ModelFamily(
    name: "Qwen3", ggufArchitecture: "qwen3", huggingFaceTypes: ["qwen3"], normalizesHeads: true,
    windowSwitch: "use_sliding_window")
}
