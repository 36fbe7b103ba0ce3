import Evaluation
public import Experiments
public import Foundation
public import Records

/// Runs an experiment's plan: stages that the store holds are reused, the rest are computed in dependency order.
public struct ExperimentRunner {
  private let workspace: Workspace

  /// A runner.
  public init(workspace: Workspace) { self.workspace = workspace }

  /// What one stage of a plan is before it runs.
  public struct Entry: Sendable {
    /// The stage.
    public var stage: PlannedStage
    /// Whether the store holds its artifact.
    public var isStored: Bool
  }

  /// The plan's stages and whether each is stored.
  public func entries(of plan: Plan) throws -> [Entry] {
    try plan.stages.map { Entry(stage: $0, isStored: try workspace.store.artifact($0.fingerprint) != nil) }
  }

  /// Runs what is missing and stores the experiment's record. A stage that fails takes only the cells down that need it.
  /// - Parameters:
  ///   - plan: The experiment.
  ///   - manifest: The manifest's bytes as given.
  /// - Returns: The record; cells that failed carry their message.
  /// - Throws: ``WorkbenchError/interrupted``, and what makes going on useless, such as a store that can't be written.
  public func run(_ plan: Plan, manifest: Data) throws -> ExperimentRecord {
    let started = Date()
    let failures = try compute(plan.stages)
    let cells = try plan.cells.map { cell -> CellRecord in
      let failure = cell.stages.lazy.compactMap { failures[$0] }.first
      return CellRecord(
        label: cell.label, overrides: cell.overrides, isBaseline: cell.isBaseline,
        stages: CellRecord.references(of: cell), metrics: failure == nil ? try metrics(of: cell) : nil,
        failure: failure)
    }
    let record = ExperimentRecord(
      fingerprint: plan.fingerprint, name: plan.manifest.name, question: plan.manifest.question, cells: cells,
      started: started, finished: Date(), environment: workspace.experimentEnvironment, toolVersion: Workspace.version)
    try workspace.store.write(record, manifest: manifest)
    try RunIndex(store: workspace.store).add(record)
    return record
  }

  /// Computes stages that are not stored, in the given order.
  /// - Returns: The messages of those that failed, and of those that needed them.
  @discardableResult
  public func compute(_ stages: [PlannedStage]) throws -> [Fingerprint: String] {
    var failures: [Fingerprint: String] = [:]
    let missing = try stages.filter { try workspace.store.artifact($0.fingerprint) == nil }
    if missing.count < stages.count {
      workspace.progress.note("\(stages.count - missing.count) of \(stages.count) stages are in the store already.")
    }
    try checkKeys(of: missing)
    var silent: [String: String] = [:]
    for (index, planned) in missing.enumerated() {
      try Interruption.check()
      if case .judgments(_, let judge) = planned.work, let address = judge.endpoint?.baseURL,
        let cause = silent[address]
      {
        failures[planned.fingerprint] = cause
        continue
      }
      if let cause = planned.stage.inputs.lazy.compactMap({ failures[$0.fingerprint] }).first {
        failures[planned.fingerprint] = cause
        continue
      }
      workspace.progress.begin("[\(index + 1)/\(missing.count)] \(planned.stage.label)")
      let pending = try workspace.store.begin(planned.stage)
      do {
        let counters = try run(planned, in: pending.folder)
        let artifact = try workspace.store.commit(pending, environment: workspace.environment, counters: counters)
        try RunIndex(store: workspace.store).add(artifact.record)
        workspace.progress.end("done")
      } catch {
        workspace.store.discard(pending)
        workspace.progress.finishLine()
        switch error {
        case WorkbenchError.interrupted, is RecordsError: throw error
        default:
          failures[planned.fingerprint] = "\(planned.stage.label): \(error)"
          // A server that failed for good would fail every other stage, after as many attempts each.
          if error is ChatEndpointError, case .judgments(_, let judge) = planned.work,
            let address = judge.endpoint?.baseURL
          {
            silent[address] = failures[planned.fingerprint]
          }
          workspace.progress.note("failed: \(planned.stage.label): \(error)")
        }
      }
    }
    return failures
  }

  /// Keys are asked for before anything runs, not after an hour of answering.
  private func checkKeys(of stages: [PlannedStage]) throws {
    for case .judgments(_, let judge) in stages.map(\.work) {
      guard let endpoint = judge.endpoint else { continue }
      _ = try EndpointJudge.key(for: endpoint, environment: ProcessInfo.processInfo.environment)
    }
  }

  private func run(_ planned: PlannedStage, in folder: URL) throws -> [String: Double] {
    let settings = planned.settings
    return switch planned.work {
    case .anchors: try AnchorsStage(settings: settings, workspace: workspace).run(in: folder)
    case .prompt(let role):
      try PromptStage(role: role, stage: planned.stage, settings: settings, workspace: workspace).run(in: folder)
    case .adapter:
      try AdapterStage(stage: planned.stage, settings: settings, workspace: workspace).run(in: folder)
    case .generations(let set):
      try GenerationsStage(set: set, stage: planned.stage, settings: settings, workspace: workspace).run(in: folder)
    case .verdicts: try VerdictsStage(stage: planned.stage, workspace: workspace).run(in: folder)
    case .judgments(let set, let judge):
      try JudgmentsStage(set: set, judge: judge, stage: planned.stage, workspace: workspace).run(in: folder)
    case .scores(let set):
      try ScoresStage(set: set, stage: planned.stage, settings: settings, workspace: workspace).run(in: folder)
    case .metrics: try MetricsStage(stage: planned.stage, settings: settings, workspace: workspace).run(in: folder)
    }
  }

  func record(_ fingerprint: Fingerprint) throws -> ArtifactRecord? {
    try workspace.store.artifact(fingerprint)?.record
  }

  private func metrics(of cell: PlannedCell) throws -> CellMetrics? {
    guard let artifact = try workspace.store.artifact(cell.metrics) else { return nil }
    return try CanonicalFile.read(CellMetrics.self, from: artifact.file("metrics.json"))
  }
}
