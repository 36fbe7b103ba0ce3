import JSON

/// Where a soft prompt starts (Equation 1 and its alternatives).
package struct InitializationSettings: Sendable, Hashable {
  /// The kinds of start.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The embeddings of a manual prompt's tokens: `z = τ(text)`.
    case text
    /// Independent normal numbers of mean 0 and standard deviation `scale`.
    case random
    /// Rows drawn from the model's embedding table, uniformly, with replacement.
    case vocabulary
    /// No information: every row is the embedding of the tokenizer's token for one newline. An empty prompt has no
    /// rows to tune, so `length` must be given.
    case null
  }

  /// The kind. Default `text`.
  package var kind: Kind
  /// The number of rows, P. Nil (the default) follows the text's number of tokens; a text that is shorter is tiled,
  /// one that is longer is cut.
  package var length: Int?
  /// The text for SP. Nil (the default) takes the safe prompt of `anchors.systemPrompts`.
  package var safeguarding: String?
  /// The text for AP. Nil (the default) takes the opposite prompt of `anchors.systemPrompts`.
  package var adversarial: String?
  /// The standard deviation of `random` rows. Nil (the default) is that of the model's embedding table's entries.
  package var scale: Double?

  enum Key: String, CaseIterable {
    case kind, length, safeguarding, adversarial, scale
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    kind = try section.choice(.kind, default: .text)
    length = try section.optionalInteger(.length, in: ManifestLimits.lengths)
    safeguarding = try section.optionalText(.safeguarding)
    adversarial = try section.optionalText(.adversarial)
    scale = try section.optionalNumber(.scale, .positive)
    if kind == .null && length == nil {
      throw section.invalid(
        .length, found: "no length", expected: "a number of rows, since a null prompt has no text to take it from")
    }
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "kind": .string(kind.rawValue), "length": length.map(JSONValue.integer) ?? .null,
      "safeguarding": safeguarding.map(JSONValue.string) ?? .null,
      "adversarial": adversarial.map(JSONValue.string) ?? .null, "scale": scale.map(JSONValue.number) ?? .null,
    ]
  }

  /// The text that was given for a role; nil when it comes from the system prompts' file.
  package func text(for role: PromptRole) -> String? {
    switch role {
    case .safeguarding: safeguarding
    case .adversarial: adversarial
    }
  }

  /// Whether the start depends on a text, for its words or for its number of tokens.
  package var needsText: Bool {
    kind == .text || length == nil
  }
}
