import Compute

extension ModelFamily {
  /// Gemma 2: gated GELU, norms before and after each layer, soft-capped scores and logits, scaled embeddings, and a
  /// sliding window in every other layer, the first included.
  ///
  /// Source: Gemma Team, Gemma 2 (arXiv 2408.00118). Hugging Face files hold the norms' weights less 1.
  static let gemma2 = ModelFamily(
    name: "Gemma 2", ggufArchitecture: "gemma2", huggingFaceTypes: ["gemma2"], normOffset: 1,
    activation: .gatedGELU, activationNames: ["gelu_pytorch_tanh"], scalesEmbeddings: true,
    normalizesOutputs: true, isLocalByDefault: { $0 % 2 == 0 }, isTiedByDefault: true, huggingFace: .gemma)
}

extension TensorNames {
  /// The names that Gemma 2 and 3 share: the norm after attention has the name that Llama's norm before the
  /// feed-forward layer has.
  static let gemma = TensorNames.huggingFace.renaming([
    .attentionOutputNorm: "post_attention_layernorm", .feedForwardNorm: "pre_feedforward_layernorm",
    .feedForwardOutputNorm: "post_feedforward_layernorm",
  ])
}
