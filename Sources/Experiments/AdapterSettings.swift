import JSON
package import Stages

/// How the low-rank adapter of the methods that have one is trained: on refusals of the harmful anchors mixed with
/// general data, the harmless ones' answers.
package struct AdapterSettings: Sendable, Hashable {
  package var rank = 8
  package var alpha = 16.0
  package var targets = ["q_proj", "v_proj"]
  package var steps = 60
  package var epochs: Int?
  package var examplesPerStep = 8
  package var learningRate = 0.001
  package var schedule = LearningRateSchedule.linear
  package var warmupSteps = 5
  package var generalShare = 0.5
  package var gradientClip = 1.0

  /// The names that `targets` may hold.
  package static let targetNames = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

  /// What of the section can change the adapter: all of it.
  func parameters(precision: ModelComputation?) -> AdapterStage.Parameters {
    AdapterStage.Parameters(
      rank: rank, alpha: alpha, targets: targets, steps: steps, epochs: epochs, examplesPerStep: examplesPerStep,
      learningRate: learningRate, schedule: schedule, warmupSteps: warmupSteps, generalShare: generalShare,
      gradientClip: gradientClip, precision: precision)
  }

  init() {}

  /// What is not written, as the authors of a method have it.
  /// - Parameter keys: The keys that are written.
  init(for method: DecodingMethod, written keys: [String]) {
    // SafeDecoding trains its expert on refusals alone, one a step, each twice, with rank 16 on queries and values.
    guard method == .safeDecoding else { return }
    rank = 16
    alpha = 64
    if !keys.contains("steps") { epochs = 2 }
    examplesPerStep = 1
    learningRate = 0.002
    generalShare = 0
    gradientClip = 0.3
  }
}

extension AdapterSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .integer(
      "rank", \.rank, in: 1...1024, fallback: "8; 16 for `safe-decoding`", example: 4, "The rank of the update."),
    .number(
      "alpha", \.alpha, .positive, fallback: "16; 64 for `safe-decoding`", example: 32,
      "The update is scaled by `alpha / rank`."),
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
      "Optimizer steps (AdamW without weight decay). Ignored if `epochs` is set. With `steps`, `safe-decoding` has no "
        + "default `epochs`."),
    .optionalInteger(
      "epochs", \.epochs, in: ManifestLimits.counts, fallback: "`null`; 2 for `safe-decoding` without `steps`",
      example: 3, "How often each example is seen. Replaces `steps`."),
    .integer(
      "examplesPerStep", \.examplesPerStep, in: ManifestLimits.counts, fallback: "8; 1 for `safe-decoding`",
      example: 16, "Examples per step."),
    .number(
      "learningRate", \.learningRate, .positive, fallback: "0.001; 0.002 for `safe-decoding`", example: 0.0002,
      "The maximum learning rate."),
    .choice("schedule", \.schedule, example: "cosine", "The learning rate schedule after the warm-up."),
    .integer(
      "warmupSteps", \.warmupSteps, in: ManifestLimits.countsOrZero, example: 0,
      "Steps over which the learning rate rises at the start."),
    .number(
      "generalShare", \.generalShare, .shareBelowOne, fallback: "0.5; 0 for `safe-decoding`", example: 0.25,
      "The share of general data (the harmless anchors' answers) among the examples; the rest are refusals."),
    .number(
      "gradientClip", \.gradientClip, .positive, fallback: "1; 0.3 for `safe-decoding`", example: 0.5,
      "The maximum Euclidean norm of the gradient."),
  ]
}
