public import Experiments
import Records

/// The outcome of a rerun, stage by stage.
public struct RerunComparison: Sendable, Codable {
  /// One stage.
  public struct Row: Sendable, Codable {
    /// What the stage is, such as `prompt safeguarding`.
    public var stage: String
    /// Its name in the store.
    public var fingerprint: Fingerprint
    /// The output hash of the first run; nil where the store no longer holds it.
    public var before: Fingerprint?
    /// The output hash of the rerun; nil where the stage failed.
    public var after: Fingerprint?
    /// Whether both are there and equal.
    public var isSame: Bool
  }

  /// All stages, in the order in which they ran.
  public var rows: [Row]
  /// The processors and kernels of both runs, where they differ.
  public var note: String?
  /// Whether every stage gave the same bytes.
  public var isSame: Bool { rows.allSatisfy(\.isSame) }
}

extension ExperimentRunner {
  /// Recomputes everything of a plan in another, fresh store and compares the output hashes with those of this one.
  /// - Parameters:
  ///   - plan: The experiment's plan, from the manifest that its record holds.
  ///   - fresh: A runner over a fresh store.
  public func compare(_ plan: Plan, with fresh: ExperimentRunner) throws -> RerunComparison {
    try fresh.compute(plan.stages)
    var rows: [RerunComparison.Row] = []
    var note: String?
    for planned in plan.stages {
      let before = try record(planned.fingerprint), after = try fresh.record(planned.fingerprint)
      rows.append(
        RerunComparison.Row(
          stage: planned.stage.label, fingerprint: planned.fingerprint, before: before?.output, after: after?.output,
          isSame: before != nil && before?.output == after?.output))
      if note == nil, let old = before?.environment["processor"], let new = after?.environment["processor"], old != new
      {
        note = "The first run was on \(old), this one on \(new): other bytes are no surprise between processors."
      }
    }
    return RerunComparison(rows: rows, note: note)
  }
}
