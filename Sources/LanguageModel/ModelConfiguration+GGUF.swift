import Compute
import ModelFiles

extension ModelConfiguration {
  /// Reads the keys `ARCHITECTURE.…` of a GGUF file, as the GGUF specification names them.
  /// - Throws: ``LanguageModelError`` for an impossible value, `ModelFileError` for a missing key or another type.
  init(file: GGUFFile, family: ModelFamily) throws {
    let architecture = try file.string("general.architecture")
    let check = ConfigurationCheck(path: file.path)
    func key(_ name: String) -> String { "\(architecture).\(name)" }
    func dimension(_ name: String, at most: Int = 1 << 24) throws -> Int {
      try check.dimension(file.integer(key(name)), key(name), at: most)
    }
    func optionalDimension(_ name: String, at most: Int = 1 << 24) throws -> Int? {
      try file.optionalInteger(key(name)).map { try check.dimension($0, key(name), at: most) }
    }
    func optionalPositive(_ name: String) throws -> Double? {
      try file.optionalFloat(key(name)).map { try check.positive($0, key(name)) }
    }
    self.family = family.name
    layers = try dimension("block_count", at: 1024)
    width = try dimension("embedding_length")
    feedForwardWidth = try dimension("feed_forward_length")
    if family.hasExperts {
      // Older files don't say how wide an expert is.
      let gate = try file.tensor("blk.0.ffn_gate_exps.weight").shape
      let experts = ExpertShape(
        count: try dimension("expert_count", at: 1 << 16), used: try dimension("expert_used_count", at: 1 << 16),
        width: try optionalDimension("expert_feed_forward_length") ?? (gate.count == 3 ? gate[1] : 1),
        normalizesWeights: true, layers: Array(repeating: true, count: layers))
      self.experts = try check.experts(experts, key("expert_used_count"))
      feedForwardWidth = experts.width
    }
    contextLength = try dimension("context_length", at: 1 << 28)
    let heads = try dimension("attention.head_count", at: 1 << 16)
    attention = try check.shape(
      heads: heads, keyValueHeads: optionalDimension("attention.head_count_kv", at: 1 << 16) ?? heads,
      headSize: optionalDimension("attention.key_length", at: 1 << 16), width: width,
      key: key("attention.head_count"))
    vocabularySize = try file.tensor("token_embd.weight").shape.first ?? 0
    let epsilonKey = key(family.hasLayerNorms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon")
    normEpsilon = try check.epsilon(file.float(epsilonKey), epsilonKey)
    attentionScale =
      try optionalPositive("attention.scale").map(Float.init) ?? family.ggufAttentionScale(layers, width, attention)
    attentionSoftCap = try optionalPositive("attn_logit_softcapping").map(Float.init)
    logitSoftCap = try optionalPositive("final_logit_softcapping").map(Float.init)
    // Converters write 0 for a Phi-3 or Phi-4 without a window.
    let hasWindow = try file.optionalInteger(key("attention.sliding_window")) != 0
    window = hasWindow ? try optionalDimension("attention.sliding_window", at: 1 << 28) : nil
    let isRotary = (0..<layers).map { family.hasRotaryPositions && family.isRotaryByDefault($0) }
    self.isRotary = isRotary
    isLocal = isRotary.enumerated().map(family.isLocalByDefault)
    activation = family.activation
    headNorms = family.headNorms
    normalizesOutputs = family.normalizesOutputs
    if family.scalesEmbeddings { embeddingScale = Float(width).squareRoot() }
    biases = family.biases
    if let pattern = try file.optionalPattern(key("attention.sliding_window_pattern"), layers: layers, check) {
      isLocal = pattern
    }
    if family.hasMultipliers {
      // 0 stands for a multiplier that is not there, as in llama.cpp.
      func multiplier(_ name: String) throws -> Float? {
        guard let value = try file.optionalFloat(key(name)), value != 0 else { return nil }
        return Float(try check.positive(value, key(name)))
      }
      inputScale = try multiplier("embedding_scale") ?? 1
      residualScale = try multiplier("residual_scale") ?? 1
      logitDivisor = try multiplier("logit_scale") ?? 1
    }
    try Self.refuseForeignKeys(file, key, family: family)
    guard family.hasRotaryPositions else { return }

    let size = try optionalDimension("rope.dimension_count", at: 1 << 16) ?? attention.headSize
    var rotary = RotaryPositions(
      size: try check.rotarySize(size, of: attention, key("rope.dimension_count")),
      base: try check.ropeBase(file.optionalFloat(key("rope.freq_base")) ?? 10_000, key("rope.freq_base")))
    let localBase: Double? =
      switch family.localPositions {
      case .same: nil
      case .based(let base): base
      case .unscaled: window == nil ? nil : rotary.base
      }
    if let localBase {
      localRotary = rotary
      localRotary?.base = try check.ropeBase(
        file.optionalFloat(key("rope.freq_base_swa")) ?? localBase, key("rope.freq_base_swa"))
    }
    let original = try optionalDimension("rope.scaling.original_context_length", at: 1 << 28)
    let attentionFactor = try optionalPositive("rope.scaling.attn_factor")
    // Files of Llama 3.1 hold one list of factors; those of LongRoPE one for short and one for long texts.
    for name in ["rope_freqs.weight", "rope_factors_short.weight"] where file.tensors[name] != nil {
      let tensor = try file.tensor(name, shape: [rotary.size / 2])
      let factors = file.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: rotary.size / 2) }
      guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw LanguageModelError.impossible(
          path: file.path, key: "tensor \(name)", found: "a factor that is not positive", expected: "positive numbers")
      }
      let isShort = name == "rope_factors_short.weight"
      rotary.scaling = .factors(factors, magnitude: Float(isShort ? attentionFactor ?? 1 : 1))
      if isShort, let original { contextLength = min(contextLength, original) }
    }
    if rotary.scaling == .none {
      let kind = try file.optionalString(key("rope.scaling.type")) ?? "none"
      switch kind {
      case "none", "longrope": break
      case "linear":
        rotary.scaling = .linear(factor: try optionalPositive("rope.scaling.factor") ?? 1)
      case "yarn":
        let factor = try check.positive(file.float(key("rope.scaling.factor")), key("rope.scaling.factor"))
        var yarn = RotaryPositions.Yarn(factor: factor, original: Double(original ?? contextLength))
        if let fast = try optionalPositive("rope.scaling.yarn_beta_fast") { yarn.fast = fast }
        if let slow = try optionalPositive("rope.scaling.yarn_beta_slow") { yarn.slow = slow }
        // Converters write either all of the magnitude or, as llama.cpp reads it, what it is multiplied with.
        if let stated = try attentionFactor ?? optionalPositive("rope.scaling.yarn_attn_factor") {
          yarn.magnitude = abs(Float(stated) - yarn.magnitude) < 1e-3 ? Float(stated) : yarn.magnitude * Float(stated)
        }
        rotary.scaling = .yarn(yarn)
      default:
        throw LanguageModelError.unsupportedFeature(
          path: file.path, key: key("rope.scaling.type"), found: kind,
          supported: ["none", "linear", "longrope", "yarn"])
      }
    }
    self.rotary = rotary
  }

  /// Refuses what other families compute with, and this one does not.
  private static func refuseForeignKeys(
    _ file: GGUFFile, _ key: (String) -> String, family: ModelFamily
  ) throws {
    func refuse(_ name: String, _ found: String, _ supported: String) throws {
      throw LanguageModelError.unsupportedFeature(
        path: file.path, key: key(name), found: found, supported: [supported])
    }
    if !family.hasExperts, let experts = try file.optionalInteger(key("expert_count")), experts > 0 {
      throw LanguageModelError.mixtureOfExperts(path: file.path, key: key("expert_count"), experts: experts)
    }
    if try file.optionalBool(key("attention.causal")) == false { try refuse("attention.causal", "false", "true") }
    if try file.optionalBool(key("use_parallel_residual")) == true {
      try refuse("use_parallel_residual", "true", "false")
    }
    if let clamp = try file.optionalFloat(key("attention.clamp_kqv")), clamp != 0 {
      try refuse("attention.clamp_kqv", "\(clamp)", "0")
    }
    for name in ["logit_scale", "residual_scale", "embedding_scale"] where !family.hasMultipliers {
      if let scale = try file.optionalFloat(key(name)), scale != 0, scale != 1 { try refuse(name, "\(scale)", "1") }
    }
    if let size = try file.optionalInteger(key("attention.key_length")),
      let other = try file.optionalInteger(key("attention.value_length")), other != size
    {
      try refuse("attention.value_length", "\(other)", "the keys' length, \(size)")
    }
  }
}

extension GGUFFile {
  /// Which layers have the window: a list, or the number of layers of which the last has none; nil where nothing says
  /// so.
  fileprivate func optionalPattern(_ key: String, layers: Int, _ check: ConfigurationCheck) throws -> [Bool]? {
    switch metadata[key] {
    case nil: return nil
    case .booleans(let pattern)?:
      guard pattern.count == layers else {
        throw LanguageModelError.impossible(
          path: path, key: key, found: "\(pattern.count) layers", expected: "\(layers)")
      }
      return pattern
    default:
      let period = try check.dimension(integer(key), key, at: 1024)
      return (0..<layers).map { ($0 + 1) % period != 0 }
    }
  }
}

extension ModelFamily {
  /// GGUF files do not state what scores are multiplied with, but for two models it is not `1 / √headSize`: Gemma 2 and
  /// Gemma 3 with 27 billion weights, which are known by their 46 and 62 layers (as llama.cpp knows them).
  fileprivate func ggufAttentionScale(_ layers: Int, _ width: Int, _ shape: AttentionShape) -> Float {
    let isGemma27 = ggufArchitecture == "gemma2" && layers == 46 || ggufArchitecture == "gemma3" && layers == 62
    return 1 / Float(isGemma27 ? width / shape.queryHeads : shape.headSize).squareRoot()
  }
}
