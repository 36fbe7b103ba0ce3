extension ModelFamily {
  /// OLMo 2: Llama with norms behind attention and feed-forward layer instead of before them, and with one norm over
  /// all queries and one over all keys.
  ///
  /// Source: 2 OLMo 2 Furious (arXiv 2501.00656), section 2.1.
  static let olmo2 = ModelFamily(
    name: "OLMo 2", ggufArchitecture: "olmo2", huggingFaceTypes: ["olmo2"], headNorms: .together,
    normalizesInputs: false, normalizesOutputs: true, isLocalByDefault: { layer, _ in (layer + 1) % 4 != 0 },
    localPositions: .unscaled, keys: ["attention_bias"], defaults: ["rms_norm_eps": 1e-5], huggingFace: .olmo)

  /// OLMo 3: OLMo 2 with a sliding window in three of four layers, whose positions are not stretched with the others'.
  ///
  /// Source: Olmo 3 (arXiv 2512.13961). Its GGUF files say `olmo2`, and have a window.
  static let olmo3 = ModelFamily(
    name: "OLMo 3", ggufArchitecture: nil, huggingFaceTypes: ["olmo3"], headNorms: .together,
    normalizesInputs: false, normalizesOutputs: true, isLocalByDefault: { layer, _ in (layer + 1) % 4 != 0 },
    localPositions: .based(500_000), keys: ["attention_bias", "layer_types", "sliding_window"],
    defaults: ["rms_norm_eps": 1e-5, "rope_theta": 500_000, "sliding_window": 4096], huggingFace: .olmo)
}

extension TensorNames {
  /// The names of OLMo 2 and 3.
  fileprivate static let olmo = TensorNames.huggingFace.renaming([
    .attentionOutputNorm: "post_attention_layernorm", .feedForwardOutputNorm: "post_feedforward_layernorm",
  ])
}
