package import JSON

/// Everything that one cell of an experiment is run with, resolved: no key is missing, every value is possible.
package struct Settings: Sendable, Hashable {
  /// The seed of every random number, from 0 to 2⁵³. Default 1.
  package var seed: Int
  /// The model: a name of the catalog, or the path of a GGUF file or of a Hugging Face folder. Default
  /// `smollm2-135m-instruct-q4_1`.
  package var model: String
  /// The name of a chat template, instead of the model's own; nil for that. Default nil.
  package var chatTemplate: String?
  /// How exact the model's products are. Default `float32`.
  package var precision: ProductPrecision
  /// How the anchor pairs are made.
  package var anchors: AnchorSettings
  /// How both prompts are tuned.
  package var tuning: TuningSettings
  /// How the low-rank adapter is trained, for the methods that have one.
  package var adapter: AdapterTuning
  /// How the evaluation sets are answered.
  package var decoding: DecodingSettings
  /// What is evaluated, and by whom.
  package var evaluation: EvaluationSettings

  init(reading section: ManifestSection<Manifest.Key>) throws(ManifestError) {
    seed = try section.integer(.seed, default: 1, in: ManifestLimits.seeds)
    model = try section.text(.model, default: "smollm2-135m-instruct-q4_1")
    chatTemplate = try section.optionalText(.chatTemplate)
    precision = try section.choice(.precision, default: .float32)
    anchors = try AnchorSettings(reading: section.value(.anchors), at: section.path(.anchors))
    tuning = try TuningSettings(reading: section.value(.tuning), at: section.path(.tuning))
    adapter = try AdapterTuning(reading: section.value(.adapter), at: section.path(.adapter))
    decoding = try DecodingSettings(reading: section.value(.decoding), at: section.path(.decoding))
    evaluation = try EvaluationSettings(reading: section.value(.evaluation), at: section.path(.evaluation))
  }

  /// The settings as a manifest would write them, with every key.
  package var resolved: JSONValue {
    [
      "seed": .integer(seed), "model": .string(model), "chatTemplate": chatTemplate.map(JSONValue.string) ?? .null,
      "precision": .string(precision.rawValue), "anchors": anchors.resolved, "tuning": tuning.resolved,
      "adapter": adapter.resolved,
      "decoding": decoding.resolved,
      "evaluation": evaluation.resolved,
    ]
  }
}
