import Compute

extension ModelFamily {
  /// Bloom: ALiBi positions, layer norms, biases everywhere, a plain GELU feed-forward layer, normalized embeddings.
  ///
  /// Source: BigScience, BLOOM (arXiv 2211.05100). Hugging Face files hold query, key and value of each head side by
  /// side.
  static let bloom = ModelFamily(
    name: "Bloom", ggufArchitecture: "bloom", huggingFaceTypes: ["bloom"], hasLayerNorms: true, activation: .gelu,
    activationNames: ["gelu", "gelu_pytorch_tanh", "gelu_new"], hasRotaryPositions: false, normalizesEmbeddings: true,
    queryKeyValue: .interleaved, biases: [.queryKeyValue, .attentionOutput, .up, .down], isTiedByDefault: true,
    huggingFace: TensorNames(
      prefixes: ["transformer.", ""], embedding: "word_embeddings", embeddingNorm: "word_embeddings_layernorm",
      outputNorm: "ln_f", output: ["lm_head"], block: "h.#.",
      parts: [
        .attentionNorm: "input_layernorm", .queryKeyValue: "self_attention.query_key_value",
        .attentionOutput: "self_attention.dense", .feedForwardNorm: "post_attention_layernorm",
        .up: "mlp.dense_h_to_4h", .down: "mlp.dense_4h_to_h",
      ]))
}
