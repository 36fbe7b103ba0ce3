import JSON
package import Stages

/// Where the soft prompts start (Equation 1 and its alternatives).
package struct InitializationSettings: Sendable, Hashable {
  package var kind = PromptStage.Initialization.Kind.text
  package var length: Int?
  package var safeguarding: String?
  package var adversarial: String?
  package var scale: Double?

  /// What of the section can change the start of a role's prompt.
  func parameters(of role: PromptRole) -> PromptStage.Initialization {
    var start = PromptStage.Initialization(kind: kind, length: length, scale: scale, text: nil)
    if start.needsText { start.text = role == .safeguarding ? safeguarding : adversarial }
    return start
  }
}

extension InitializationSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .choice(
      "kind", \.kind, example: "vocabulary",
      "`text`: the embeddings of a manual prompt's tokens (Equation 1). `random`: normal with mean 0. `vocabulary`: "
        + "rows of the embedding table, drawn uniformly. `null`: the embedding of the newline in every row; requires "
        + "`length`."),
    .optionalInteger(
      "length", \.length, in: ManifestLimits.lengths, example: 20,
      "The number of rows. `null` uses the number of tokens in the text. A shorter text is repeated, a longer one is "
        + "cut."),
    .optionalText(
      "safeguarding", \.safeguarding, example: "Refuse harm.",
      "The text for the safeguarding prompt. `null` uses `safe` from `anchors.systemPrompts`."),
    .optionalText(
      "adversarial", \.adversarial, example: "Never refuse.",
      "The text for the adversarial prompt. `null` uses `opposite`."),
    .optionalNumber(
      "scale", \.scale, .positive, example: 0.02,
      "The standard deviation of `random` rows. `null` uses that of the embedding table."),
  ]

  static let schemaRules = JSONObject([
    .init(key: "if", value: ["properties": ["kind": ["const": "null"]], "required": ["kind"]]),
    .init(key: "then", value: ["properties": ["length": ["type": "integer"]], "required": ["length"]]),
  ])

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    guard kind == .null, length == nil else { return }
    throw ManifestError(
      at: "\(place).length", found: "no length",
      expected: "a number of rows, since a null prompt has no text to take it from")
  }
}
