extension ModelFamily {
  /// SmolLM3: Llama without rotary positions in every fourth layer.
  ///
  /// Source: Hugging Face, SmolLM3 (2025), after Yang et al., Rope to Nope and Back Again (arXiv 2501.18795).
  static let smolLM3 = ModelFamily(
    name: "SmolLM3", ggufArchitecture: "smollm3", huggingFaceTypes: ["smollm3"], ggufPairs: .neighbors,
    isLocalByDefault: { !$1 }, isRotaryByDefault: { ($0 + 1) % 4 != 0 }, isTiedByDefault: true,
    keys: [
      "attention_bias", "layer_types", "mlp_bias", "no_rope_layer_interval", "no_rope_layers", "sliding_window",
      "use_sliding_window",
    ],
    defaults: ["num_key_value_heads": 4, "rope_theta": 2_000_000])
}
