/// The decoding methods of a cell.
public enum DecodingMethod: String, Sendable, Hashable, Codable, CaseIterable {
  /// The model as it is, without a system message.
  case base
  /// The safe system prompt as text.
  case safe
  /// The opposite system prompt as text.
  case opposite
  /// The tuned safeguarding prompt alone.
  case sp
  /// The tuned adversarial prompt alone.
  case ap
  /// Adversarial contrastive decoding (Equation 5): `logit_S − α · logit_A`.
  case acd

  /// The tuned prompts that the method needs, in the order of its streams.
  public var roles: [PromptRole] {
    switch self {
    case .base, .safe, .opposite: []
    case .sp: [.safeguarding]
    case .ap: [.adversarial]
    case .acd: [.safeguarding, .adversarial]
    }
  }

  /// Whether the method reads a manual system prompt.
  public var needsSystemPrompts: Bool {
    self == .safe || self == .opposite
  }
}

/// How a cell answers the evaluation sets.
public struct DecodingSettings: Sendable, Hashable {
  /// The method. Default `acd`.
  public var method: DecodingMethod
  /// The contrast's strength α in Equation 5; only `acd` uses it. Default 0.4.
  public var alpha: Double
  /// The greatest number of tokens of an answer. Default 48.
  public var maximumTokens: Int
  /// The temperature; 0 (the default) is greedy.
  public var temperature: Double
  /// The share of probability that nucleus sampling keeps, in (0, 1]. Default 1.
  public var topP: Double
  /// How many tokens top-k sampling keeps; 0 (the default) keeps all.
  public var topK: Int

  enum Key: String, CaseIterable {
    case method, alpha, maximumTokens, temperature, topP, topK
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    method = try section.choice(.method, default: .acd)
    alpha = try section.number(.alpha, default: 0.4, .notNegative)
    maximumTokens = try section.integer(.maximumTokens, default: 48, in: ManifestLimits.counts)
    temperature = try section.number(.temperature, default: 0, .notNegative)
    topP = try section.number(.topP, default: 1, .shareAboveZero)
    topK = try section.integer(.topK, default: 0, in: ManifestLimits.countsOrZero)
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "method": .string(method.rawValue), "alpha": .number(alpha), "maximumTokens": .integer(maximumTokens),
      "temperature": .number(temperature), "topP": .number(topP), "topK": .integer(topK),
    ]
  }
}
