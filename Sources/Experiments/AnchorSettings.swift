import JSON
package import Stages

/// How the anchor pairs are made: the paper's 100 + 100 instructions, each answered under three system prompts.
package struct AnchorSettings: Sendable, Hashable {
  package var harmful = "Anchors/harmful.jsonl"
  package var harmless = "Anchors/harmless.jsonl"
  package var systemPrompts = "Anchors/system-prompts.json"
  package var refusals = "Anchors/refusals.jsonl"
  /// The model that answers the instructions; nil for the target itself.
  package var model: String?
  package var refusalSource = AnchorsStage.RefusalSource.wordings
  package var size = 100
  package var maximumTokens = 48
  package var temperature = 0.7
  package var topP = 0.95
  package var topK = 0

  /// What of the section can change the anchors, beside the content of its files.
  func parameters(precision: ModelComputation?) -> AnchorsStage.Parameters {
    AnchorsStage.Parameters(
      sampling: SamplingParameters(temperature: temperature, topP: topP, topK: topK), maximumTokens: maximumTokens,
      refusalSource: refusalSource, size: size, precision: precision)
  }
}

extension AnchorSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .text("harmful", \.harmful, isPath: true, example: "mine/harmful.jsonl", "The harmful instructions."),
    .text(
      "harmless", \.harmless, isPath: true, example: "mine/harmless.jsonl",
      "The harmless instructions. Instructions on the same line of both files are twins: a step of tuning draws them "
        + "together."),
    .text(
      "systemPrompts", \.systemPrompts, isPath: true, example: "mine/prompts.json",
      "The manual system prompts, also for the methods `safe` and `opposite` and for the start of tuning."),
    .text(
      "refusals", \.refusals, isPath: true, example: "mine/refusals.jsonl",
      "The refusal wordings: the refusals of the anchors where `refusalSource` is `\"wordings\"`, and what `fluency` "
        + "must not take for noise."),
    .optionalText(
      "model", \.model, example: "models/uncensored.gguf",
      "The model that answers the instructions, named as `model` is, in conversations of its own; `null` for the model "
        + "that is tuned. The paper's anchors were answered by another one."),
    .choice(
      "refusalSource", \.refusalSource, example: "sampled",
      "Where the refusals come from: the refusal wordings, or the model's own answers; see below."),
    .integer(
      "size", \.size, in: ManifestLimits.counts, example: 50,
      "How many instructions are taken from the start of *each* of the two files, which must have that many (the "
        + "project's have 240)."),
    .integer(
      "maximumTokens", \.maximumTokens, in: ManifestLimits.counts, example: 32,
      "The longest sampled answer, in tokens. Longer responses, wordings included, are cut to it in tuning."),
    .number(
      "temperature", \.temperature, .notNegative, example: 0,
      "The temperature of sampling; 0 is greedy, and `topP` and `topK` then have no influence."),
    .number(
      "topP", \.topP, .shareAboveZero, example: 1,
      "Draw from the fewest likeliest tokens that together have this probability."),
    .integer(
      "topK", \.topK, in: ManifestLimits.countsOrZero, example: 40,
      "Draw from this many likeliest tokens; 0 for all."),
  ]
}
