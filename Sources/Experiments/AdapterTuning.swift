import JSON

/// How the low-rank adapter of the methods that have one is trained: on refusals of the harmful anchors mixed with
/// general data, the harmless ones' answers.
package struct AdapterTuning: Sendable, Hashable {
  /// The rank of the update. Default 8.
  package var rank: Int
  /// The update is scaled by `alpha / rank`. Default 16.
  package var alpha: Double
  /// The linear layers that are adapted, by their names in Hugging Face's models. Default `q_proj` and `v_proj`.
  package var targets: [String]
  /// Optimizer steps (AdamW). Default 60.
  package var steps: Int
  /// Examples in a step. Default 8.
  package var examplesPerStep: Int
  /// The largest learning rate. Default 0.001.
  package var learningRate: Double
  /// How the learning rate goes on after the warm-up. Default `linear`.
  package var schedule: TuningSettings.Schedule
  /// Steps over which it first rises. Default 5.
  package var warmupSteps: Int
  /// The share of general data among the examples, below 1. Default 0.5.
  package var generalShare: Double

  /// The names that `targets` may hold.
  package static let targetNames = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

  enum Key: String, CaseIterable {
    case rank, alpha, targets, steps, examplesPerStep, learningRate, schedule, warmupSteps, generalShare
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    rank = try section.integer(.rank, default: 8, in: 1...1024)
    alpha = try section.number(.alpha, default: 16, .positive)
    steps = try section.integer(.steps, default: 60, in: ManifestLimits.countsOrZero)
    examplesPerStep = try section.integer(.examplesPerStep, default: 8, in: ManifestLimits.counts)
    learningRate = try section.number(.learningRate, default: 0.001, .positive)
    schedule = try section.choice(.schedule, default: .linear)
    warmupSteps = try section.integer(.warmupSteps, default: 5, in: ManifestLimits.countsOrZero)
    generalShare = try section.number(.generalShare, default: 0.5, .shareBelowOne)
    targets = ["q_proj", "v_proj"]
    guard let written = section.value(.targets) else { return }
    let names = (written.array ?? []).compactMap(\.string)
    guard !names.isEmpty, names.count == written.array?.count, Set(names).count == names.count,
      names.allSatisfy(Self.targetNames.contains)
    else {
      throw section.invalid(
        .targets, found: written.summary,
        expected: "a list of distinct names of " + Self.targetNames.joined(separator: ", "))
    }
    targets = names
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "rank": .integer(rank), "alpha": .number(alpha), "targets": .array(targets.map(JSONValue.string)),
      "steps": .integer(steps), "examplesPerStep": .integer(examplesPerStep), "learningRate": .number(learningRate),
      "schedule": .string(schedule.rawValue), "warmupSteps": .integer(warmupSteps),
      "generalShare": .number(generalShare),
    ]
  }
}
