import Compute

/// What sets one family of models apart from the others: the parts of its blocks, and what files call them.
///
/// A family is a value with the differences from a plain Llama; each stands in a file of its own in `Families`. To add
/// one, write such a file and put it in ``all``.
struct ModelFamily: Sendable {
  /// The families that the engine knows.
  static let all: [ModelFamily] = [
    .llama, .mistral, .bloom, .qwen2, .qwen3, .gemma2, .gemma3, .phi3, .olmo2, .olmo3, .granite, .smolLM3,
    .qwen3Moe,
  ]

  /// The family's own name.
  let name: String
  /// `general.architecture` of its GGUF files; nil where another family's files hold it.
  let ggufArchitecture: String?
  /// `model_type` in config.json of its Hugging Face folders.
  let huggingFaceTypes: [String]

  /// Root-mean-square norms, or layer norms with a bias.
  var hasLayerNorms = false
  /// What Hugging Face files leave out of the norms' weights (GGUF files hold all of it).
  var normOffset: Float = 0
  /// The feed-forward layer's activation.
  var activation = Activation.gatedSiLU
  /// The names that config.json may have for that activation, and the key that it stands under.
  var activationNames = ["silu", "swish"], activationKey = "hidden_act"
  /// Rotary positions, or else ALiBi.
  var hasRotaryPositions = true
  /// Older names of `rope_type`, and what they mean.
  var ropeTypes = ["su": "longrope"]
  /// Whether the embeddings are normalized before the first block.
  var normalizesEmbeddings = false
  /// Whether the rows of the embedding table are multiplied by the square root of the width.
  var scalesEmbeddings = false
  /// What of queries and keys is normalized before they are turned.
  var headNorms = HeadNorms.none
  /// Whether the states are normalized before attention and feed-forward layer.
  var normalizesInputs = true
  /// Whether what attention and feed-forward layer give is normalized before it is added.
  var normalizesOutputs = false
  /// How queries, keys and values stand in Hugging Face and in GGUF files.
  var queryKeyValue = QueryKeyValueLayout.separate
  /// How gate and up stand.
  var isGateUpFused = false
  /// Whether layers have experts.
  var hasExperts = false
  /// Where the family always has biases. A GGUF file may have more of them, and a Hugging Face folder where config.json
  /// says so.
  var biases: Set<BlockPart> = []
  /// How GGUF files order a head's rows; Hugging Face files always have the pairs' halves apart.
  var ggufPairs = RotaryPairs.halves
  /// Which layers are local, those with the window, where the file does not say.
  var isLocalByDefault: @Sendable (_ layer: Int, _ isRotary: Bool) -> Bool = { _, _ in true }
  /// How the rotary positions of local layers differ from those of the others.
  var localPositions = LocalPositions.same
  /// Which layers have rotary positions, where the file does not say.
  var isRotaryByDefault: @Sendable (_ layer: Int) -> Bool = { _ in true }
  /// Whether GGUF files scale embeddings, what layers add, scores and logits.
  var hasMultipliers = false
  /// Whether the output head is the embedding table where config.json does not say.
  var isTiedByDefault = false
  /// The keys of config.json that only some families have and this one computes with.
  var keys: Set<String> = []
  /// What transformers' configuration class has for a key that config.json lacks.
  var defaults: [String: Double] = [:]
  /// What Hugging Face files call the tensors.
  var huggingFace = TensorNames.huggingFace
}

/// What of a row's queries and keys is normalized.
enum HeadNorms: Sendable {
  case none
  /// Each head by itself, all with the same `[headSize]` weights.
  case each
  /// All heads of the queries together, and all of the keys, with `[queryWidth]` and `[keyValueWidth]` weights.
  case together
}

/// How local layers place their rotary pairs.
enum LocalPositions: Sendable {
  /// As the others do.
  case same
  /// With a base of their own, and scalings of their own.
  case based(Double)
  /// As the others, but without their scaling, where a GGUF file has a window.
  case unscaled
}

/// How the rows of queries, keys and values stand in a file.
enum QueryKeyValueLayout: Sendable {
  /// Three tensors.
  case separate
  /// One tensor: all queries, all keys, all values.
  case fused
  /// One tensor in Hugging Face files: query, key and value of the first head, then of the second; GGUF files as
  /// `fused`.
  case interleaved
}

/// Which rows of a head make a rotary pair.
enum RotaryPairs: Sendable {
  /// `2i` and `2i + 1`.
  case neighbors
  /// `i` and `i + size / 2`.
  case halves

  /// For each row of some heads in the order of neighbors, which row it is in this order.
  func rows(heads: Int, headSize: Int, turned: Int) -> [Int] {
    (0..<heads * headSize).map { row in
      let index = row % headSize
      guard self == .halves, index < turned else { return row }
      return row - index + index / 2 + index % 2 * (turned / 2)
    }
  }
}
