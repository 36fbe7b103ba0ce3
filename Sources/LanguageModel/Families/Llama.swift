extension ModelFamily {
  /// Llama 1, 2 and 3, and what has their form (Vicuna, Guanaco, SmolLM2): pre-norm blocks of grouped-query attention
  /// with rotary positions and a gated SiLU feed-forward layer, root-mean-square norms, no biases.
  ///
  /// Source: Touvron et al., LLaMA (arXiv 2302.13971) and Llama 2 (arXiv 2307.09288); The Llama 3 Herd of Models
  /// (arXiv 2407.21783). GGUF files hold the query and key rows in the order in which rotary pairs are neighbors.
  static let llama = ModelFamily(
    name: "Llama", ggufArchitecture: "llama", huggingFaceTypes: ["llama"], ggufPairs: .neighbors,
    keys: ["attention_bias", "mlp_bias"])
}
