import Compute
import ModelFiles

extension ModelConfiguration {
  /// Reads `config.json` of a Hugging Face folder, as transformers' configuration classes name its keys.
  /// - Throws: ``LanguageModelError`` for an impossible value, `ModelFileError` for a missing key or another type.
  init(folder: CheckpointFolder, family: ModelFamily) throws {
    let whole = folder.configuration
    // Models that also see images keep the text part's configuration apart.
    let json = try whole.optional("text_config") ?? whole
    for node in [whole, json] { try Self.refuseQuantized(node) }
    let keys = ConfigurationKeys(json, family: family)
    let check = keys.check
    self.family = family.name
    layers = try keys.dimension("num_hidden_layers", once: "n_layer", at: 1024)
    width = try keys.dimension("hidden_size", once: "n_embed")
    let heads = try keys.dimension("num_attention_heads", once: "n_head", at: 1 << 16)
    feedForwardWidth = try keys.optionalDimension("intermediate_size") ?? 4 * width
    if family.hasExperts {
      experts = try Self.experts(keys, layers: layers)
      if let experts, !experts.layers.contains(false) { feedForwardWidth = experts.width }
    }
    contextLength = try keys.optionalDimension("max_position_embeddings", "seq_length", at: 1 << 28) ?? 2048
    attention = try check.shape(
      heads: heads, keyValueHeads: keys.optionalDimension("num_key_value_heads", at: 1 << 16) ?? heads,
      headSize: keys.optionalDimension("head_dim", at: 1 << 16), width: width, key: "num_attention_heads")
    vocabularySize = try keys.dimension("vocab_size")
    let epsilonKey = family.hasLayerNorms ? "layer_norm_epsilon" : "rms_norm_eps"
    normEpsilon =
      try keys.optional(epsilonKey).map { try check.epsilon($0.number(), epsilonKey) }
      ?? Float(family.defaults[epsilonKey] ?? (family.hasLayerNorms ? 1e-5 : 1e-6))
    attentionScale =
      try keys.ownPositive("attention_multiplier").map(Float.init)
      ?? 1 / Float(try keys.ownPositive("query_pre_attn_scalar") ?? Double(attention.headSize)).squareRoot()
    inputScale = try keys.ownPositive("embedding_multiplier").map(Float.init) ?? 1
    residualScale = try keys.ownPositive("residual_multiplier").map(Float.init) ?? 1
    logitDivisor = try keys.ownPositive("logits_scaling").map(Float.init) ?? 1
    attentionSoftCap = try keys.ownPositive("attn_logit_softcapping").map(Float.init)
    logitSoftCap = try keys.ownPositive("final_logit_softcapping").map(Float.init)
    activation = family.activation
    headNorms = family.headNorms
    normalizesOutputs = family.normalizesOutputs
    if family.scalesEmbeddings { embeddingScale = Float(width).squareRoot() }
    biases = family.biases
    if try keys.ownFlag("attention_bias") { biases.formUnion([.query, .key, .value, .attentionOutput]) }
    if try keys.ownFlag("mlp_bias") { biases.formUnion([.gate, .up, .down]) }
    isTied = try keys.optional("tie_word_embeddings")?.bool() ?? family.isTiedByDefault

    if let name = try keys.optional(family.activationKey)?.string(), !family.activationNames.contains(name) {
      throw LanguageModelError.unsupportedFeature(
        path: json.path, key: family.activationKey, found: name, supported: family.activationNames)
    }
    isRotary = try Self.rotaryLayers(keys, layers: layers, family: family)
    (window, isLocal) = try Self.windows(keys, layers: layers, isRotary: isRotary, family: family)
    if family.hasRotaryPositions {
      let reader = try RotaryReader(keys: keys, shape: attention, family: family)
      (rotary, localRotary) = try reader.positions()
      if case .factors? = rotary?.scaling, let original = try reader.originalLength() {
        contextLength = min(contextLength, original)
      }
      warnings += try reader.warnings()
    }
    try keys.refuseForeignKeys()
    warnings += try keys.warnings()
  }

  /// The window, and which layers have it.
  private static func windows(
    _ keys: ConfigurationKeys, layers: Int, isRotary: [Bool], family: ModelFamily
  ) throws -> (window: Int?, isLocal: [Bool]) {
    let isOn = try !keys.isOwn("use_sliding_window") || keys.ownFlag("use_sliding_window")
    let window = try keys.ownDimension("sliding_window", at: 1 << 28)
    let pattern = try keys.ownDimension("sliding_window_pattern")
    let first = try keys.own("max_window_layers")?.integer() ?? family.defaults["max_window_layers"].map { Int($0) }
    let isLocal: [Bool]
    if let types = try keys.own("layer_types") {
      isLocal = try types.elements().map { node in
        let type = try node.string()
        guard ["full_attention", "sliding_attention"].contains(type) else {
          throw LanguageModelError.unsupportedFeature(
            path: node.path, key: "layer_types", found: type, supported: ["full_attention", "sliding_attention"])
        }
        return type == "sliding_attention"
      }
      guard isLocal.count == layers else {
        throw LanguageModelError.impossible(
          path: types.path, key: "layer_types", found: "\(isLocal.count) layers", expected: "\(layers)")
      }
    } else if let pattern {
      isLocal = (0..<layers).map { ($0 + 1) % pattern != 0 }
    } else if let first {
      isLocal = (0..<layers).map { $0 >= first }
    } else {
      isLocal = isRotary.enumerated().map(family.isLocalByDefault)
    }
    return (isOn ? window : nil, isLocal)
  }

  /// The experts, and which layers have them.
  private static func experts(_ keys: ConfigurationKeys, layers: Int) throws -> ExpertShape? {
    // transformers 5 writes the one name, the models' own files have the other.
    guard
      let count = try keys.optionalDimension(
        keys.json.has("num_experts") ? "num_experts" : "num_local_experts", at: 1 << 16)
        ?? keys.optionalDimension("num_experts", at: 1 << 16)
    else { return nil }
    let step = try keys.ownDimension("decoder_sparse_step", at: 1 << 16) ?? 1
    let dense = Set(try keys.own("mlp_only_layers")?.elements().map { try $0.integer() } ?? [])
    let width = try keys.ownDimension("moe_intermediate_size") ?? 1
    let used = try keys.ownDimension("num_experts_per_tok", at: 1 << 16) ?? 1
    let shape = ExpertShape(
      count: count, used: used, width: width, normalizesWeights: try keys.ownFlag("norm_topk_prob"),
      layers: (0..<layers).map { ($0 + 1) % step == 0 && !dense.contains($0) })
    return try keys.check.experts(shape, "num_experts_per_tok")
  }

  /// Which layers turn queries and keys; SmolLM3's list has 1 for those that do.
  private static func rotaryLayers(
    _ keys: ConfigurationKeys, layers: Int, family: ModelFamily
  ) throws -> [Bool] {
    let interval = try keys.ownDimension("no_rope_layer_interval", at: 1024)
    if let list = try keys.own("no_rope_layers") {
      let isRotary = try list.elements().map { try $0.integer() != 0 }
      guard isRotary.count == layers else {
        throw LanguageModelError.impossible(
          path: list.path, key: "no_rope_layers", found: "\(isRotary.count) layers", expected: "\(layers)")
      }
      return isRotary
    }
    return (0..<layers).map { layer in
      guard let interval else { return family.hasRotaryPositions && family.isRotaryByDefault(layer) }
      return (layer + 1) % interval != 0
    }
  }

  /// Folders whose weights are not the matrices that the names promise, before one of them is missed.
  private static func refuseQuantized(_ json: JSONNode) throws {
    guard let settings = try json.optional("quantization_config") ?? json.optional("compression_config"),
      !settings.isUnset
    else { return }
    var method = try? settings.optional("quant_method")?.string()
    for (key, name) in [("load_in_4bit", "bitsandbytes"), ("load_in_8bit", "bitsandbytes")] where method == nil {
      if (try? settings.optional(key)?.bool()) == true { method = name }
    }
    throw LanguageModelError.quantizedFolder(path: json.path, method: method ?? "quantized weights")
  }
}
