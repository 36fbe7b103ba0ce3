import Experiments
package import Fingerprints
import Foundation
import Pipeline
package import Records
import Stages
package import Sweeps

/// Does tasks of a file of stages, beside any number of other workers, wherever they run: what there is to do stands in
/// the file, and what is done in the store.
package final class SweepWorker {
  /// What became of the tasks.
  package struct Outcome: Sendable {
    /// How many stages and parts this worker made.
    package var made = 0
    /// How many were in the store already.
    package var stored = 0
    /// The messages of the stages that failed here.
    package var failures: [String] = []
    /// How many stages lack what they read.
    package var skipped = 0
    /// The experiments that are finished by now.
    package var finished: [Fingerprint] = []
  }

  private let store: ArtifactStore
  private let file: StageFile
  private let progress: ProgressReporter
  private let threads: Int?
  private let began = Date()
  private var plans: [Fingerprint: (plan: Plan, workspace: Workspace)] = [:]
  private var places: [Fingerprint: Fingerprint] = [:]
  private var used: Fingerprint?
  private var sound: Set<Fingerprint> = []
  private var outcome = Outcome()
  private var failed: [Fingerprint: String] = [:]

  /// A worker.
  /// - Parameter file: What there is to do.
  package init(store: ArtifactStore, file: StageFile, threads: Int?, progress: ProgressReporter) {
    self.store = store
    self.file = file
    self.threads = threads
    self.progress = progress
  }

  /// Does the task of a number, waiting for stages that other workers have, or, without a number, what there is to do
  /// for as long as there is any.
  package func run(task index: Int?) throws -> Outcome {
    let tasks = file.tasks
    if let index, !tasks.indices.contains(index) { throw SweepError.noTask(index: index, count: tasks.count) }
    let use = try Workspace(store: store, threads: 1, progress: progress).useOfStore()
    defer { use.end() }
    if let index {
      for (place, item) in tasks[index].enumerated() {
        try Interruption.check()
        _ = try attempt(item, "[\(place + 1)/\(tasks[index].count)]", waits: true)
      }
    } else {
      try doAll(tasks.flatMap { $0 })
    }
    for experiment in file.experiments where try finish(experiment) { outcome.finished.append(experiment) }
    return outcome
  }

  /// Does what nobody else has, again and again, until all is done or can't be.
  private func doAll(_ items: [StageFile.Item]) throws {
    var rest = items, pause = 0.2, settled = 0
    while !rest.isEmpty {
      // What waits for something that is not done yet is not looked for in the store.
      var parts: [Fingerprint: Int] = [:], wholes: Set<Fingerprint> = []
      for item in rest {
        if item.part == nil { wholes.insert(item.stage) } else { parts[item.stage, default: 0] += 1 }
      }
      var left: [StageFile.Item] = []
      for item in rest {
        try Interruption.check()
        let (planned, _, _) = try planned(item.stage)
        let waits =
          (item.part == nil && parts[item.stage, default: 0] > 0)
          || planned.stage.inputs.contains { wholes.contains($0.fingerprint) }
        let number = "[\(settled + 1)/\(items.count)]"
        if try waits || attempt(item, number, waits: false) == nil {
          left.append(item)
          continue
        }
        settled += 1
        if item.part == nil { wholes.remove(item.stage) } else { parts[item.stage, default: 0] -= 1 }
      }
      pause = left.count < rest.count ? 0.2 : min(pause * 1.5, 10)
      rest = left
      if !rest.isEmpty { Thread.sleep(forTimeInterval: pause) }
    }
  }

  /// Whether nothing more is to be expected of an item.
  private func isSettled(_ item: StageFile.Item) -> Bool {
    if failed[item.stage] != nil || (try? store.artifact(item.stage)) != nil { return true }
    if let part = item.part, store.isDone(part, of: item.stage) { return true }
    // What failed before this worker came is tried again.
    guard let failure = store.failure(of: item.stage), failure.date >= began.addingTimeInterval(-1) else {
      return false
    }
    failed[item.stage] = failure.message
    return true
  }

  /// Does an item, if it can be done.
  /// - Returns: Whether it is done; nil where another worker has it, and this one does not wait.
  private func attempt(_ item: StageFile.Item, _ number: String, waits: Bool) throws -> Bool? {
    if try item.part == nil ? isSound(item.stage) : isSettled(item) {
      outcome.stored += 1
      return true
    }
    if !waits, isSettled(item) { return false }
    let (planned, workspace, _) = try planned(item.stage)
    let title = "\(number) \(planned.stage.label)" + (item.part.map { ", \($0.text)" } ?? "")
    let lacked = try lacking(item)
    guard lacked.isEmpty else {
      let names = planned.stage.inputs.filter { lacked.contains($0.fingerprint) }.map(\.name)
      progress.alert("\(title): skipped: the store lacks \(names.joined(separator: " and ")), which it reads")
      failed[item.stage] = "lacks its inputs"
      outcome.skipped += 1
      return false
    }
    do {
      let runner = ExperimentRunner(workspace: workspace, keepsIndex: false)
      switch try runner.compute(planned, part: item.part, title, waits: waits) {
      case .busy: return nil
      case .byAnother: outcome.stored += 1
      case .here: outcome.made += 1
      }
      return true
    } catch {
      progress.finishLine()
      switch error {
      case WorkbenchError.interrupted, RecordsError.cannotWrite: throw error
      default: break
      }
      let message = "\(planned.stage.label): \(error)"
      try store.note(failure: message, of: item.stage)
      failed[item.stage] = message
      outcome.failures.append(message)
      progress.alert("failed: \(message)")
      return false
    }
  }

  /// The stages that one reads and that are not in the store. Every byte of those that are is checked once.
  private func lacking(_ item: StageFile.Item) throws -> [Fingerprint] {
    let (planned, _, plan) = try planned(item.stage)
    // What is no stage is a file or a model, which the plan has read.
    return try planned.stage.inputs.map(\.fingerprint).filter { try plan.stage($0) != nil && !isSound($0) }
  }

  private func isSound(_ stage: Fingerprint) throws -> Bool {
    if sound.contains(stage) { return true }
    guard try ExperimentRunner(workspace: planned(stage).workspace).sound(stage) != nil else { return false }
    sound.insert(stage)
    return true
  }
}

/// Experiments, as a worker finds them in the store.
extension SweepWorker {
  /// A stage, and the workspace of an experiment that has it.
  private func planned(_ stage: Fingerprint) throws -> (planned: PlannedStage, workspace: Workspace, plan: Plan) {
    if places.isEmpty {
      for experiment in file.experiments {
        for reference in try record(of: experiment).cells.flatMap(\.stages) where places[reference.fingerprint] == nil {
          places[reference.fingerprint] = experiment
        }
      }
    }
    guard let experiment = places[stage] else {
      throw SweepError.stageFile(path: stage.hexadecimal, detail: "no experiment of the file has this stage")
    }
    let (plan, workspace) = try plan(of: experiment)
    guard let planned = plan.stage(stage) else {
      throw SweepError.changed(experiment: experiment.short, detail: "it has no stage \(stage.short)")
    }
    return (planned, workspace, plan)
  }

  private func record(of experiment: Fingerprint) throws -> ExperimentRecord {
    guard let record = try store.experiment(experiment) else {
      throw SweepError.changed(experiment: experiment.short, detail: "it is not in \(store.folder.path)")
    }
    return record
  }

  /// An experiment's plan, from its manifest and data files as they were when it was split.
  private func plan(of experiment: Fingerprint) throws -> (plan: Plan, workspace: Workspace) {
    if let used, used != experiment {
      // Weights of two experiments at a time are too many.
      plans[used]?.workspace.forgetEngines()
    }
    used = experiment
    if let known = plans[experiment] { return known }
    let workspace = try Workspace(
      store: store, threads: threads, progress: progress,
      manifest: record(of: experiment).manifestPath ?? "Experiments/manifest.json",
      files: store.files(of: experiment).files)
    let plan = try workspace.plan(
      manifest: store.manifest(of: experiment), named: "the manifest of \(experiment.short)")
    guard plan.fingerprint == experiment else {
      throw SweepError.changed(experiment: experiment.short, detail: "its manifest is \(plan.fingerprint.short) here")
    }
    plans[experiment] = (plan, workspace)
    return (plan, workspace)
  }

  /// Writes an experiment's record once each of its cells is done or can't be, unless another worker does.
  /// - Returns: Whether this worker wrote it.
  private func finish(_ experiment: Fingerprint) throws -> Bool {
    let record = try record(of: experiment)
    var failures: [Fingerprint: String] = [:], isKnown = record.finished != nil
    for cell in record.cells {
      guard let metrics = cell.stage(.metrics), try store.artifact(metrics) == nil else {
        isKnown = isKnown && cell.status == .done
        continue
      }
      guard let (stage, message) = try failure(of: cell) else { return false }
      failures[stage] = message
      isKnown = isKnown && cell.failure == message
    }
    guard !isKnown, let lease = try store.lease(experiment) else { return false }
    defer { try? lease.finish() }
    let (plan, workspace) = try plan(of: experiment)
    try ExperimentRunner(workspace: workspace, keepsIndex: false).finish(
      plan, manifest: store.manifest(of: experiment), failures: failures, started: record.started)
    return true
  }

  /// The stage for want of which a cell can't be done, with its message; nil where there is none, or somebody tries it.
  private func failure(of cell: CellRecord) throws -> (stage: Fingerprint, message: String)? {
    for stage in cell.stages {
      guard let failure = store.failure(of: stage.fingerprint), try store.artifact(stage.fingerprint) == nil,
        try store.holders(of: stage.fingerprint).isEmpty
      else { continue }
      return (stage.fingerprint, failure.message)
    }
    return nil
  }
}
