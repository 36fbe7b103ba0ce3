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
      1 / Float(try keys.ownPositive("query_pre_attn_scalar") ?? Double(attention.headSize)).squareRoot()
    attentionSoftCap = try keys.ownPositive("attn_logit_softcapping").map(Float.init)
    logitSoftCap = try keys.ownPositive("final_logit_softcapping").map(Float.init)
    activation = family.activation
    normalizesHeads = family.normalizesHeads
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
    (window, isLocal) = try Self.windows(keys, layers: layers, family: family)
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
    _ keys: ConfigurationKeys, layers: Int, family: ModelFamily
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
      isLocal = (0..<layers).map(family.isLocalByDefault)
    }
    return (isOn ? window : nil, isLocal)
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
