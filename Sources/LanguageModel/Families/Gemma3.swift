import Compute

extension ModelFamily {
  /// Gemma 3, its text part: Gemma 2 with normalized queries and keys instead of soft caps, and five local layers, with
  /// a rotary base of their own, before each global one.
  ///
  /// Source: Gemma Team, Gemma 3 (arXiv 2503.19786). Hugging Face files hold the norms' weights less 1.
  static let gemma3 = ModelFamily(
    name: "Gemma 3", ggufArchitecture: "gemma3", huggingFaceTypes: ["gemma3_text", "gemma3"], normOffset: 1,
    activation: .gatedGELU, activationNames: ["gelu_pytorch_tanh"],
    activationKey: "hidden_activation", scalesEmbeddings: true, headNorms: .each,
    normalizesOutputs: true, isLocalByDefault: { layer, _ in (layer + 1) % 6 != 0 }, localPositions: .based(10_000),
    isTiedByDefault: true,
    keys: [
      "attention_bias", "final_logit_softcapping", "layer_types", "query_pre_attn_scalar", "rope_local_base_freq",
      "sliding_window", "sliding_window_pattern",
    ],
    defaults: [
      "head_dim": 256, "num_key_value_heads": 4, "query_pre_attn_scalar": 256, "rope_theta": 1_000_000,
      "sliding_window": 4096,
    ],
    huggingFace: .gemma)
}
