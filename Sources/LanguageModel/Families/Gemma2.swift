import Compute

extension ModelFamily {
  /// Gemma 2: gated GELU, norms before and after each layer, soft-capped scores and logits, scaled embeddings, and a
  /// sliding window in every other layer, the first included.
  ///
  /// Source: Gemma Team, Gemma 2 (arXiv 2408.00118). Hugging Face files hold the norms' weights less 1.
  static let gemma2 = ModelFamily(
    name: "Gemma 2", ggufArchitecture: "gemma2", huggingFaceTypes: ["gemma2"], normOffset: 1,
    activation: .gatedGELU, activationNames: ["gelu_pytorch_tanh"],
    activationKey: "hidden_activation", scalesEmbeddings: true,
    normalizesOutputs: true, isLocalByDefault: { layer, _ in layer % 2 == 0 }, isTiedByDefault: true,
    keys: [
      "attention_bias", "attn_logit_softcapping", "final_logit_softcapping", "layer_types", "query_pre_attn_scalar",
      "sliding_window",
    ],
    defaults: [
      "attn_logit_softcapping": 50, "final_logit_softcapping": 30, "head_dim": 256, "num_key_value_heads": 4,
      "query_pre_attn_scalar": 256, "sliding_window": 4096,
    ],
    huggingFace: .gemma)
}

extension TensorNames {
  /// The names that Gemma 2 and 3 share: the norm after attention has the name that Llama's norm before the
  /// feed-forward layer has.
  static let gemma = TensorNames.huggingFace.renaming([
    .attentionOutputNorm: "post_attention_layernorm", .feedForwardNorm: "pre_feedforward_layernorm",
    .feedForwardOutputNorm: "post_feedforward_layernorm",
  ])
}
