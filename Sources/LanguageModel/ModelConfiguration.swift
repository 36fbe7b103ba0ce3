public import Compute
internal import ModelFiles

/// The dimensions and constants of a decoder-only transformer.
public struct ModelConfiguration: Sendable {
  /// The family's name in the file, such as `llama`.
  public let architecture: String
  /// Number of blocks.
  public let layers: Int
  /// Width of a position's state, d.
  public let width: Int
  /// Width of the gated feed-forward layer.
  public let feedForwardWidth: Int
  /// The attention's heads.
  public let attention: AttentionShape
  /// Number of tokens.
  public let vocabularySize: Int
  /// The largest number of positions that the model was made for.
  public let contextLength: Int
  /// Base of the rotary position embedding.
  public let ropeBase: Double
  /// What is added to the mean square before its root is taken.
  public let normEpsilon: Float
}

extension ModelConfiguration {
  /// Reads the keys `ARCHITECTURE.…` of a GGUF file, as the GGUF specification names them.
  /// - Throws: ``LanguageModelError`` for an impossible value, `ModelFileError` for a missing key or another type.
  init(file: GGUFFile, architecture: String) throws {
    func dimension(_ name: String, at most: Int = 1 << 24) throws -> Int {
      let key = "\(architecture).\(name)"
      let value = try file.integer(key)
      guard 1...most ~= value else {
        throw LanguageModelError.impossible(
          path: file.path, key: key, found: "\(value)", expected: "a number from 1 to \(most)")
      }
      return value
    }
    self.architecture = architecture
    layers = try dimension("block_count", at: 1024)
    width = try dimension("embedding_length")
    feedForwardWidth = try dimension("feed_forward_length")
    contextLength = try dimension("context_length", at: 1 << 28)
    let heads = try dimension("attention.head_count", at: 1 << 16)
    let keyValueHeads =
      try file.optionalInteger("\(architecture).attention.head_count_kv") == nil
      ? heads : dimension("attention.head_count_kv", at: 1 << 16)
    let headSize =
      try file.optionalInteger("\(architecture).attention.key_length") == nil
      ? width / heads : dimension("attention.key_length", at: 1 << 16)
    guard let shape = AttentionShape(queryHeads: heads, keyValueHeads: keyValueHeads, headSize: headSize) else {
      throw LanguageModelError.impossible(
        path: file.path, key: "\(architecture).attention.head_count",
        found: "\(heads) heads on \(keyValueHeads) of \(headSize)",
        expected: "a multiple of the key-value heads, of a size that is a multiple of 16")
    }
    attention = shape
    vocabularySize = try file.tensor("token_embd.weight").shape.first ?? 0
    ropeBase = try file.optionalFloat("\(architecture).rope.freq_base") ?? 10_000
    guard ropeBase.isFinite, ropeBase > 1 else {
      throw LanguageModelError.impossible(
        path: file.path, key: "\(architecture).rope.freq_base", found: "\(ropeBase)", expected: "a number above 1")
    }
    let epsilon = try file.float("\(architecture).attention.layer_norm_rms_epsilon")
    guard epsilon.isFinite, epsilon >= 0, epsilon < 1 else {
      throw LanguageModelError.impossible(
        path: file.path, key: "\(architecture).attention.layer_norm_rms_epsilon", found: "\(epsilon)",
        expected: "a small positive number")
    }
    normEpsilon = Float(epsilon)
    if let dimensions = try file.optionalInteger("\(architecture).rope.dimension_count"), dimensions != headSize {
      throw LanguageModelError.impossible(
        path: file.path, key: "\(architecture).rope.dimension_count", found: "\(dimensions)",
        expected: "the head size \(headSize)")
    }
  }
}
