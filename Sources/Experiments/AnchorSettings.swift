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
      "The harmless instructions. Instructions on the same line of both files are twins: a tuning step draws them "
        + "together."),
    .text(
      "systemPrompts", \.systemPrompts, isPath: true, example: "mine/prompts.json",
      "The manual system prompts. Also used by the methods `safe` and `opposite`, and to initialize tuning."),
    .text(
      "refusals", \.refusals, isPath: true, example: "mine/refusals.jsonl",
      "The refusal wordings. They are the anchors' refusals if `refusalSource` is `\"wordings\"`, and `fluency` must "
        + "not count them as noise."),
    .optionalText(
      "model", \.model, example: "models/uncensored.gguf",
      "The model that answers the instructions, named like `model`, with its own chat template. `null` is the model "
        + "that is tuned. The paper's anchors were answered by another model."),
    .choice(
      "refusalSource", \.refusalSource, example: "sampled",
      "The source of the refusals: the refusal wordings, or the model's own answers. See below."),
    .integer(
      "size", \.size, in: ManifestLimits.counts, example: 50,
      "The number of instructions, taken from the start of *each* of the two files. Both must have that many (the "
        + "project's have 240)."),
    .integer(
      "maximumTokens", \.maximumTokens, in: ManifestLimits.counts, example: 32,
      "The maximum length of a sampled answer, in tokens. In tuning, longer responses are cut to this length, wordings "
        + "included."),
    .number(
      "temperature", \.temperature, .notNegative, example: 0,
      "The sampling temperature. 0 is greedy decoding; `topP` and `topK` then have no effect."),
    .number(
      "topP", \.topP, .shareAboveZero, example: 1,
      "Nucleus sampling: sample from the smallest set of likeliest tokens with at least this total probability."),
    .integer(
      "topK", \.topK, in: ManifestLimits.countsOrZero, example: 40,
      "Sample from this many likeliest tokens. 0 is all."),
  ]
}
