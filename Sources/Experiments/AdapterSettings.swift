import JSON
package import Stages

/// How the low-rank adapter of the methods that have one is trained: on refusals of the harmful anchors mixed with
/// general data, the harmless ones' answers.
package struct AdapterSettings: Sendable, Hashable {
  package var rank = 8
  package var alpha = 16.0
  package var targets = ["q_proj", "v_proj"]
  package var steps = 60
  package var examplesPerStep = 8
  package var learningRate = 0.001
  package var schedule = LearningRateSchedule.linear
  package var warmupSteps = 5
  package var generalShare = 0.5

  /// The names that `targets` may hold.
  package static let targetNames = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

  /// What of the section can change the adapter: all of it.
  func parameters(precision: ProductPrecision?) -> AdapterStage.Parameters {
    AdapterStage.Parameters(
      rank: rank, alpha: alpha, targets: targets, steps: steps, examplesPerStep: examplesPerStep,
      learningRate: learningRate, schedule: schedule, warmupSteps: warmupSteps, generalShare: generalShare,
      precision: precision)
  }
}

extension AdapterSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .integer("rank", \.rank, in: 1...1024, example: 16, "The rank of the update."),
    .number("alpha", \.alpha, .positive, example: 32, "The update is scaled by `alpha / rank`."),
    ManifestKey(
      KeyDescription(
        name: "targets",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: "array"), .init(key: "minItems", value: 1),
            .init(key: "uniqueItems", value: true),
            .init(key: "items", value: ["enum": .array(targetNames.map(JSONValue.string))]),
          ]), words: "list of names"),
        isNullable: false, isRequired: false, fallback: nil, example: ["down_proj"],
        meaning: "The linear layers that are adapted: " + targetNames.map { "`\($0)`" }.joined(separator: ", ") + "."),
      take: { (section, value) throws(ManifestError) in
        let names = (value.value?.array ?? []).compactMap(\.string)
        guard !names.isEmpty, names.count == value.value?.array?.count, Set(names).count == names.count,
          names.allSatisfy(targetNames.contains)
        else {
          throw value.invalid(expected: "a list of distinct names of " + targetNames.joined(separator: ", "))
        }
        section.targets = names
      }, write: { .array($0.targets.map(JSONValue.string)) }),
    .integer(
      "steps", \.steps, in: ManifestLimits.countsOrZero, example: 200,
      "Optimizer steps (AdamW without decay, gradient's norm at most 1)."),
    .integer("examplesPerStep", \.examplesPerStep, in: ManifestLimits.counts, example: 16, "Examples a step."),
    .number("learningRate", \.learningRate, .positive, example: 0.0002, "The largest learning rate."),
    .choice("schedule", \.schedule, example: "cosine", "How it goes on after the warm-up."),
    .integer(
      "warmupSteps", \.warmupSteps, in: ManifestLimits.countsOrZero, example: 0, "Steps over which it first rises."),
    .number(
      "generalShare", \.generalShare, .shareBelowOne, example: 0,
      "The share of general data (the harmless anchors' answers) among the examples; the rest are refusals."),
  ]
}
