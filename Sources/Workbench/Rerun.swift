package import Experiments
package import Fingerprints
import Foundation
import ModelFiles
import Records
package import Stages

/// The outcome of a rerun, stage by stage.
package struct RerunComparison: Sendable, Codable {
  /// One stage.
  package struct Row: Sendable, Codable {
    /// What the stage is, such as `prompt safeguarding`.
    package var stage: String
    package var kind: StageKind
    /// Its name in the store.
    package var fingerprint: Fingerprint
    /// The output hash of the first run; nil where nobody knows it any more.
    package var before: Fingerprint?
    /// The output hash of the rerun; nil where the stage failed.
    package var after: Fingerprint?
    /// Whether both are there and equal.
    package var isSame: Bool
    /// Where the bytes differ: how far, in words; nil where there is nothing to compare.
    package var difference: String?
    /// Where the bytes differ: whether that is within the stated tolerances; nil where there are none for such a stage.
    package var isClose: Bool?
  }

  /// All stages, in the order in which they ran.
  package var rows: [Row]
  /// The kinds of processors of both runs, where they differ.
  package var note: String?
  /// Whether the manifest is another experiment now: the model, a benchmark or the program changed since.
  package var isOtherExperiment: Bool
  /// The messages of the stages that failed.
  package var failures: [String]
  /// Whether it is the same experiment, and every stage gave the same bytes.
  package var isSame: Bool { !isOtherExperiment && rows.allSatisfy(\.isSame) }
  /// Whether the runs were on different kinds of processors, every stage was computed, and every metric of the rerun
  /// lies within the interval of the first.
  package var isWithinTolerance: Bool {
    note != nil && !isOtherExperiment
      && rows.allSatisfy { $0.isSame || ($0.after != nil && ($0.kind != .metrics || $0.isClose == true)) }
  }
}

extension ExperimentRunner {
  /// Recomputes everything of a plan in another, fresh store and compares the output hashes with those of this one.
  /// - Parameters:
  ///   - plan: The experiment's plan, from the manifest that its record holds.
  ///   - experiment: The experiment.
  ///   - fresh: A runner over a fresh store.
  ///   - outputs: The output hashes that the experiment noted, for stages that the store does not hold (any more).
  package func compare(
    _ plan: Plan, of experiment: Fingerprint, with fresh: ExperimentRunner, outputs: [Fingerprint: Fingerprint]
  ) throws -> RerunComparison {
    let failures = try fresh.compute(plan.stages)
    var rows: [RerunComparison.Row] = []
    var note: String?
    for planned in plan.stages {
      let before = try artifact(planned.fingerprint), after = try fresh.artifact(planned.fingerprint)
      let expected = before?.record.output ?? outputs[planned.fingerprint]
      var row = RerunComparison.Row(
        stage: planned.stage.label, kind: planned.stage.kind, fingerprint: planned.fingerprint, before: expected,
        after: after?.record.output,
        isSame: expected != nil && expected == after?.record.output)
      if !row.isSame, let before, let after {
        let difference = try ArtifactDifference(from: before, to: after)
        row.difference = difference.text
        row.isClose = difference.isWithinTolerance
      }
      rows.append(row)
      if note == nil, let before, let after {
        note = Self.otherProcessor(before.record.environment, after.record.environment)
      }
    }
    return RerunComparison(
      rows: rows, note: note, isOtherExperiment: plan.fingerprint != experiment,
      failures: Set(failures.values).sorted())
  }

  private static func otherProcessor(_ before: [String: String], _ after: [String: String]) -> String? {
    let changed = ["processor", "flags", "libraries", "engine", "devices"].filter {
      before[$0] != nil && before[$0] != after[$0]
    }
    guard !changed.isEmpty else { return nil }
    let parts = changed.map { "\($0): \(before[$0] ?? "unknown") then, \(after[$0] ?? "unknown") now" }
    return
      "Another kind of machine (\(parts.joined(separator: "; "))): bytes are not promised between kinds, so "
      + "metrics are compared with the first run's 95 % intervals."
  }
}

/// How far two artifacts of one stage, made on different machines, are from each other.
struct ArtifactDifference {
  /// In words; nil where there is no measure for such a stage.
  let text: String?
  /// Whether the metrics of the second lie within the intervals of the first; nil for other stages.
  let isWithinTolerance: Bool?

  init(from before: Artifact, to after: Artifact) throws {
    switch before.record.stage.kind {
    case .prompt:
      let old = try PromptAdapter(folder: before.folder.path).embeddings
      let new = try PromptAdapter(folder: after.folder.path).embeddings
      isWithinTolerance = nil
      guard old.count == new.count else {
        text = "other shapes"
        return
      }
      let largest = old.map(abs).max() ?? 0, difference = zip(old, new).map { abs($0 - $1) }.max() ?? 0
      text = String(
        format: "rows differ by at most %.2g of the largest number", difference / max(largest, .leastNormalMagnitude))
    case .generations:
      let old = try RowFile.read(Generation.self, from: before.file("generations.jsonl"))
      let new = try RowFile.read(Generation.self, from: after.file("generations.jsonl"))
      let same = zip(old, new).count { $0.tokens == $1.tokens }
      let common = zip(old, new).filter { $0.tokens != $1.tokens }
        .map { zip($0.tokens, $1.tokens).prefix { $0 == $1 }.count }.sorted()
      text =
        "\(same) of \(old.count) answers are the same"
        + (common.isEmpty
          ? ""
          : "; the others are up to token \(common[0] + 1) to \((common.last ?? 0) + 1) (median "
            + "\(common[common.count / 2] + 1))")
      isWithinTolerance = nil
    case .verdicts:
      let old = try RowFile.read(Verdict.self, from: before.file("verdicts.jsonl"))
      let new = try RowFile.read(Verdict.self, from: after.file("verdicts.jsonl"))
      text = "\(zip(old, new).count { $0.label == $1.label }) of \(old.count) verdicts are the same"
      isWithinTolerance = nil
    case .metrics:
      let old = try CanonicalFile.read(CellMetrics.self, from: before.file("metrics.json"))
      let new = try CanonicalFile.read(CellMetrics.self, from: after.file("metrics.json"))
      let outside = Self.outside(old, new)
      isWithinTolerance = outside.isEmpty
      text =
        outside.isEmpty
        ? "every metric is within its interval" : "outside its interval: " + outside.joined(separator: ", ")
    default:
      text = nil
      isWithinTolerance = nil
    }
  }

  /// The metrics that lie outside the first run's intervals.
  private static func outside(_ old: CellMetrics, _ new: CellMetrics) -> [String] {
    var outside: [String] = []
    for before in old.sets {
      guard let after = new.sets.first(where: { $0.set == before.set }) else {
        outside.append("\(before.set), which is missing")
        continue
      }
      if !(before.low <= after.refusalRate && after.refusalRate <= before.high) {
        outside.append(String(format: "\(before.set) refused %.2f", after.refusalRate))
      }
    }
    func check(_ name: String, _ before: Estimate?, _ after: Estimate?) {
      guard let before else { return }
      guard let after, after.value >= min(before.low, before.value), after.value <= max(before.high, before.value)
      else {
        return outside.append(name)
      }
    }
    for before in old.sets {
      let after = new.sets.first { $0.set == before.set }
      check("\(before.set) fluency", before.fluency?.logLikelihood, after?.fluency?.logLikelihood)
    }
    for before in old.scored ?? [] {
      let after = new.scored?.first { $0.set == before.set }
      check("\(before.set) perplexity", before.perplexity, after?.perplexity)
      check("\(before.set) divergence", before.divergence, after?.divergence)
      check("\(before.set) MC1", before.firstChoice, after?.firstChoice)
      check("\(before.set) MC2", before.trueShare, after?.trueShare)
    }
    for before in old.numbers ?? [] {
      check("\(before.set) right", before.rate, new.numbers?.first { $0.set == before.set }?.rate)
    }
    for before in old.judged ?? [] {
      let after = new.judged?.first { $0.judge == before.judge && $0.set == before.set }
      check("\(before.set) by \(before.judge)", before.rate, after?.rate)
    }
    return outside
  }
}
