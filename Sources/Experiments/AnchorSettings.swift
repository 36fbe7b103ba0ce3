import JSON

/// How the anchor pairs are made: the paper's 100 + 100 instructions, each answered under three system prompts.
package struct AnchorSettings: Sendable, Hashable {
  /// Where the refusals in D_HR come from.
  package enum RefusalSource: String, Sendable, Hashable, CaseIterable {
    /// A varied set of refusal wordings (`refusals`), for models that almost never refuse by themselves.
    case wordings
    /// The model's own refusals among its sampled answers, as in the paper.
    case sampled
  }

  /// The harmful instructions, a JSON Lines file. Default `Anchors/harmful.jsonl`.
  package var harmful: String
  /// The harmless instructions, a JSON Lines file. Default `Anchors/harmless.jsonl`.
  package var harmless: String
  /// The manual system prompts (safe and opposite), a JSON file. Default `Anchors/system-prompts.json`.
  package var systemPrompts: String
  /// The refusal wordings, a JSON Lines file. Default `Anchors/refusals.jsonl`.
  package var refusals: String
  /// Where the refusals in D_HR come from. Default `wordings`.
  package var refusalSource: RefusalSource
  /// How many instructions are taken from the start of each of the two files. Default 100.
  package var size: Int
  /// The greatest number of tokens of a sampled answer. Default 48.
  package var maximumTokens: Int
  /// The temperature at which the answers are sampled; 0 is greedy. Default 0.7.
  package var temperature: Double
  /// The share of probability that nucleus sampling keeps, in (0, 1]. Default 0.95.
  package var topP: Double
  /// How many tokens top-k sampling keeps; 0 keeps all. Default 0.
  package var topK: Int

  enum Key: String, CaseIterable {
    case harmful, harmless, systemPrompts, refusals, refusalSource, size, maximumTokens, temperature, topP, topK
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    harmful = try section.text(.harmful, default: "Anchors/harmful.jsonl")
    harmless = try section.text(.harmless, default: "Anchors/harmless.jsonl")
    systemPrompts = try section.text(.systemPrompts, default: "Anchors/system-prompts.json")
    refusals = try section.text(.refusals, default: "Anchors/refusals.jsonl")
    refusalSource = try section.choice(.refusalSource, default: .wordings)
    size = try section.integer(.size, default: 100, in: ManifestLimits.counts)
    maximumTokens = try section.integer(.maximumTokens, default: 48, in: ManifestLimits.counts)
    temperature = try section.number(.temperature, default: 0.7, .notNegative)
    topP = try section.number(.topP, default: 0.95, .shareAboveZero)
    topK = try section.integer(.topK, default: 0, in: ManifestLimits.countsOrZero)
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "harmful": .string(harmful), "harmless": .string(harmless), "systemPrompts": .string(systemPrompts),
      "refusals": .string(refusals), "refusalSource": .string(refusalSource.rawValue), "size": .integer(size),
      "maximumTokens": .integer(maximumTokens), "temperature": .number(temperature), "topP": .number(topP),
      "topK": .integer(topK),
    ]
  }
}
