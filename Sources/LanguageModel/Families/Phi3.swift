extension ModelFamily {
  /// Phi-3 and Phi-3.5 mini: Llama with fused products, and a sliding window in all layers where the file states one.
  ///
  /// Source: Phi-3 Technical Report (arXiv 2404.14219). Of LongRoPE the factors for short texts are used, and texts are
  /// limited to the length up to which they hold.
  static let phi3 = ModelFamily(
    name: "Phi-3", ggufArchitecture: "phi3", huggingFaceTypes: ["phi3"],
    ropeTypes: ["su": "longrope", "yarn": "longrope"], queryKeyValue: .fused, isGateUpFused: true,
    keys: ["partial_rotary_factor", "sliding_window"],
    defaults: ["original_max_position_embeddings": 4096, "rms_norm_eps": 1e-5])
}
