import Compute
import Foundation
import ModelFiles

/// Reads the rotary positions of `config.json`: `rope_parameters` (transformers 5) or `rope_scaling` (before).
struct RotaryReader {
  let keys: ConfigurationKeys
  let shape: AttentionShape
  let family: ModelFamily
  /// What the key that holds the parameters is called.
  private let name: String
  /// All of it.
  private let parameters: JSONNode?
  /// That of the layers without a window.
  private let global: JSONNode?

  init(keys: ConfigurationKeys, shape: AttentionShape, family: ModelFamily) throws {
    self.keys = keys
    self.shape = shape
    self.family = family
    // transformers takes the older key where both are there.
    let found = try ["rope_scaling", "rope_parameters"].compactMap { key in
      try keys.optional(key).flatMap { $0.isUnset ? nil : (key, $0) }
    }.first
    name = found?.0 ?? "rope_parameters"
    parameters = found?.1
    global = try found?.1.optional("full_attention") ?? found?.1
  }

  /// The positions of the layers without a window, and of those with one where they differ.
  func positions() throws -> (global: RotaryPositions, local: RotaryPositions?) {
    let base = try keys.optional("rope_theta")?.number() ?? family.defaults["rope_theta"] ?? 10_000
    let all = try positions(global, base: base)
    switch family.localPositions {
    case .same, .unscaled: return (all, nil)
    case .based(let localBase):
      let ownBase = try keys.own("rope_local_base_freq")?.number() ?? localBase
      return (all, try positions(parameters?.optional("sliding_attention"), base: ownBase))
    }
  }

  private func positions(_ parameters: JSONNode?, base: Double) throws -> RotaryPositions {
    let json = keys.json, check = keys.check
    let size = try turnedSize(parameters)
    var rotary = RotaryPositions(
      size: size, base: try check.ropeBase(parameters?.optional("rope_theta")?.number() ?? base, "rope_theta"))
    guard let parameters else { return rotary }
    func positive(_ key: String) throws -> Double { try check.positive(parameters.member(key).number(), key) }
    let stated = try parameters.optional("rope_type") ?? parameters.optional("type")
    let kind = try stated?.string() ?? "default"
    switch family.ropeTypes[kind] ?? kind {
    // Dynamic scaling changes nothing up to the length that the model was made for, which is our limit.
    case "default", "dynamic": break
    case "linear": rotary.scaling = .linear(factor: try positive("factor"))
    case "llama3":
      rotary.scaling = .llama3(
        factor: try positive("factor"), low: try positive("low_freq_factor"), high: try positive("high_freq_factor"),
        original: try Double(originalLength() ?? Int(positive("original_max_position_embeddings"))))
    case "longrope":
      let factors = try parameters.member("short_factor").elements().map {
        Float(try check.positive($0.number(), "short_factor"))
      }
      guard factors.count == size / 2 else {
        throw LanguageModelError.impossible(
          path: json.path, key: "short_factor", found: "\(factors.count) factors", expected: "\(size / 2)")
      }
      rotary.scaling = .factors(factors, magnitude: try magnitude(parameters))
    case "yarn":
      rotary.scaling = .yarn(try yarn(parameters))
    default:
      throw LanguageModelError.unsupportedFeature(
        path: json.path, key: "\(name), rope_type", found: kind,
        supported: ["default", "dynamic", "linear", "llama3", "longrope", "yarn"])
    }
    return rotary
  }

  /// How many of a head's numbers are turned. Families whose key it is not turn all of them, as in transformers.
  private func turnedSize(_ parameters: JSONNode?) throws -> Int {
    let key = "partial_rotary_factor"
    guard keys.isOwn(key), let share = try (parameters?.optional(key) ?? keys.optional(key))?.number() else {
      return try keys.check.rotarySize(shape.headSize, of: shape, "head_dim")
    }
    guard share > 0, share <= 1 else {
      throw LanguageModelError.impossible(
        path: keys.json.path, key: key, found: "\(share)", expected: "a share of a head, up to 1")
    }
    return try keys.check.rotarySize(Int(Double(shape.headSize) * share), of: shape, key)
  }

  // MARK: - Scalings

  private func yarn(_ parameters: JSONNode) throws -> RotaryPositions.Yarn {
    let check = keys.check
    func optional(_ key: String) throws -> Double? {
      try parameters.optional(key).map { try check.positive($0.number(), key) }
    }
    let original = try Double(originalLength() ?? contextLength())
    let factor = try optional("factor") ?? Double(contextLength()) / original
    var yarn = RotaryPositions.Yarn(factor: factor, original: original)
    if let fast = try optional("beta_fast") { yarn.fast = fast }
    if let slow = try optional("beta_slow") { yarn.slow = slow }
    yarn.isTruncated = try parameters.optional("truncate")?.bool() ?? true
    if let stated = try optional("attention_factor") {
      yarn.magnitude = Float(stated)
    } else if let scale = try optional("mscale"), let all = try optional("mscale_all_dim") {
      yarn.magnitude = Float(
        RotaryPositions.Yarn.magnitude(factor, scale: scale) / RotaryPositions.Yarn.magnitude(factor, scale: all))
    }
    return yarn
  }

  private func contextLength() throws -> Int {
    try keys.optionalDimension("max_position_embeddings", at: 1 << 28) ?? 2048
  }

  /// The length up to which the factors for short texts hold.
  func originalLength() throws -> Int? {
    let key = "original_max_position_embeddings"
    guard let node = try global?.optional(key) ?? keys.optional(key) else {
      return family.defaults[key].map { Int($0) }
    }
    return try keys.check.dimension(node.integer(), key, at: 1 << 28)
  }

  /// LongRoPE's factor of cosines and sines: stated, or `√(1 + ln(stretch) / ln(original))`.
  private func magnitude(_ parameters: JSONNode) throws -> Float {
    if let stated = try parameters.optional("attention_factor") {
      return Float(try keys.check.positive(stated.number(), "attention_factor"))
    }
    guard let original = try originalLength(), original > 1 else { return 1 }
    let stretch = try parameters.optional("factor")?.number() ?? Double(contextLength()) / Double(original)
    return stretch <= 1 ? 1 : Float((1 + log(stretch) / log(Double(original))).squareRoot())
  }

  // MARK: - What is not used

  private static let known: Set<String> = [
    "attention_factor", "beta_fast", "beta_slow", "factor", "finetuned", "full_attention", "high_freq_factor",
    "long_factor", "low_freq_factor", "mscale", "mscale_all_dim", "original_max_position_embeddings", "rope_theta",
    "rope_type", "short_factor", "sliding_attention", "truncate", "type",
  ]

  /// What to tell the user of the parameters that change nothing here.
  func warnings() throws -> [String] {
    let nodes = [parameters, global, try parameters?.optional("sliding_attention")].compactMap(\.self)
    var unknown: [String: String] = [:]
    for (key, node) in try nodes.flatMap({ try $0.members() }) where !Self.known.contains(key) && !node.isUnset {
      let isFactor = key == "partial_rotary_factor"
      if !isFactor || !keys.isOwn(key) && node.text != "1" { unknown[key] = node.text }
    }
    guard !unknown.isEmpty else { return [] }
    let list = unknown.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return ["\(keys.json.path): \(name): \(list): not used, as in transformers' \(family.name)."]
  }
}
