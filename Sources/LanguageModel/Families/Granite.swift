extension ModelFamily {
  /// Granite 3 and the dense models of Granite 4: Llama with four multipliers, of the embeddings, of what each layer
  /// adds, of the scores and, as a divisor, of the logits.
  ///
  /// Source: Granite 3.0 Language Models (IBM, 2024), after Yang et al., Tensor Programs V (arXiv 2203.03466).
  static let granite = ModelFamily(
    name: "Granite", ggufArchitecture: "granite", huggingFaceTypes: ["granite"], ggufPairs: .neighbors,
    hasMultipliers: true,
    keys: [
      "attention_bias", "attention_multiplier", "embedding_multiplier", "logits_scaling", "mlp_bias",
      "residual_multiplier",
    ],
    defaults: ["attention_multiplier": 1])
}
