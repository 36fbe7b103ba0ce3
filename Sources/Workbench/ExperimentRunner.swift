import Evaluation
package import Experiments
package import Fingerprints
package import Foundation
import Messages
import Pipeline
package import Records
import Stages

/// Runs an experiment's plan: stages that the store holds are reused, the rest are computed in dependency order.
package struct ExperimentRunner {
  private let workspace: Workspace
  private let failsFast: Bool
  private let asksForKeys: Bool
  private let keepsIndex: Bool
  private let onlyNeeded: Bool

  /// A runner.
  /// - Parameters:
  ///   - failsFast: Ends at the first stage that fails, instead of finishing the cells that do not need it.
  ///   - asksForKeys: Asks for the keys of servers that judge before anything runs, and not only with the first request
  ///     that no reply is kept for, as a rerun does.
  ///   - keepsIndex: Notes what is made in the index of listings.
  ///   - onlyNeeded: Leaves answers out that are not stored while all that is computed from them is.
  package init(
    workspace: Workspace, failsFast: Bool = false, asksForKeys: Bool = true, keepsIndex: Bool = true,
    onlyNeeded: Bool = false
  ) {
    self.onlyNeeded = onlyNeeded
    self.keepsIndex = keepsIndex
    self.workspace = workspace
    self.failsFast = failsFast
    self.asksForKeys = asksForKeys
  }

  /// What one stage of a plan is before it runs.
  package struct Entry: Sendable {
    package var stage: PlannedStage
    /// Whether the store holds its artifact.
    package var isStored: Bool
    /// Whether a run computes it.
    package var isComputed: Bool
    /// Why it is not stored, in a few words; nil where it is.
    package var reason: String?
  }

  /// The plan's stages, whether each is stored, and if not, why not: what differs from the most similar that is.
  package func entries(of plan: Plan) throws -> [Entry] {
    let stored = plan.stages.map { planned -> Bool in
      // What is damaged will be made anew.
      (try? workspace.store.artifact(planned.fingerprint)) != nil
    }
    let absent = zip(plan.stages, stored).filter { !$0.1 }.map(\.0)
    let missing = Set(absent.map(\.fingerprint)), computed = Set(needed(of: absent).map(\.fingerprint))
    let known = missing.isEmpty ? [] : try workspace.store.stages()
    return zip(plan.stages, stored).map { planned, isStored in
      let isComputed = computed.contains(planned.fingerprint)
      let reason =
        isComputed ? Self.reason(planned.stage, missing: missing, known: known) : "not needed: its results are stored"
      return Entry(stage: planned, isStored: isStored, isComputed: isComputed, reason: isStored ? nil : reason)
    }
  }

  /// Of stages that are not stored, in their order, those to compute.
  private func needed(of missing: [PlannedStage]) -> [PlannedStage] {
    guard onlyNeeded else { return missing }
    var inputs: Set<Fingerprint> = []
    return missing.reversed().filter { planned in
      let isText = [.anchors, .generations].contains(planned.stage.kind)
      guard !isText || inputs.contains(planned.fingerprint) else { return false }
      inputs.formUnion(planned.stage.inputs.map(\.fingerprint))
      return true
    }.reversed()
  }

  private static func reason(_ stage: Stage, missing: Set<Fingerprint>, known: [Stage]) -> String {
    let follows = stage.inputs.filter { missing.contains($0.fingerprint) }.map(\.name)
    let difference = StageDifference(to: stage, fromNearestOf: known)
    var parts = (difference?.changes ?? []).filter { !($0.isInput && follows.contains($0.name)) }.map(\.text)
    if parts.count > 3 { parts = parts.prefix(3) + ["\(parts.count - 3) more"] }
    if parts.isEmpty, follows.isEmpty { return difference == nil ? "none of this kind yet" : "not there, or damaged" }
    if !follows.isEmpty {
      parts.append("follows \(follows.count > 2 ? "\(follows.count) others" : follows.joined(separator: " and "))")
    }
    return parts.joined(separator: ", ")
  }

  /// Runs what is missing and stores the experiment's record. A stage that fails takes only the cells down that need
  /// it.
  /// - Parameters:
  ///   - plan: The experiment.
  ///   - manifest: The manifest's bytes as given.
  /// - Returns: The record; cells that failed carry their message.
  /// - Throws: ``WorkbenchError/interrupted``, and what makes going on useless, such as a store that can't be written.
  package func run(_ plan: Plan, manifest: Data) throws -> ExperimentRecord {
    let started = Date()
    let use = try workspace.useOfStore()
    defer { use.end() }
    try begin(plan, manifest: manifest)
    let finished = try finish(plan, manifest: manifest, failures: compute(plan.stages), started: started)
    try workspace.index().add(finished)
    return finished
  }

  /// Writes an experiment to the store before any of it is computed, with what workers need to know of it. A run that
  /// is interrupted is an experiment too: listed, and kept from the sweep.
  package func begin(_ plan: Plan, manifest: Data) throws {
    guard try workspace.store.experiment(plan.fingerprint) == nil else { return }
    try workspace.store.write(files(of: plan), of: plan.fingerprint)
    try workspace.store.write(record(of: plan, failures: [:], started: Date(), finished: nil), manifest: manifest)
  }

  /// Writes the record of an experiment whose stages are there, or failed.
  @discardableResult
  package func finish(
    _ plan: Plan, manifest: Data, failures: [Fingerprint: String], started: Date
  ) throws -> ExperimentRecord {
    let finished = try record(of: plan, failures: failures, started: started, finished: Date())
    var files = try files(of: plan)
    // What an earlier run noted of stages that are not stored any more, or that an archive left out.
    let known = try workspace.store.files(of: plan.fingerprint).outputs
    for stage in plan.stages {
      let output = try artifact(stage.fingerprint)?.record.output
      files.outputs[stage.fingerprint] = output ?? known[stage.fingerprint]
    }
    try workspace.store.write(files, of: plan.fingerprint)
    try workspace.store.write(finished, manifest: manifest)
    return finished
  }

  private func files(of plan: Plan) throws -> ExperimentFiles {
    var files = ExperimentFiles()
    for path in plan.manifest.files { files.files[path] = try workspace.bytes(of: path) }
    return files
  }

  private func record(
    of plan: Plan, failures: [Fingerprint: String], started: Date, finished: Date?
  ) throws -> ExperimentRecord {
    let cells = try plan.cells.map { cell -> CellRecord in
      let failure = cell.stages.lazy.compactMap { failures[$0.fingerprint] }.first
      return CellRecord(
        label: cell.label, overrides: cell.overrides, isBaseline: cell.isBaseline,
        stages: cell.stages, metrics: failure == nil ? try metrics(of: cell) : nil, failure: failure,
        judges: Dictionary(cell.settings.evaluation.judges.map { ($0.name, $0.asked) }) { first, _ in first })
    }
    return ExperimentRecord(
      fingerprint: plan.fingerprint, name: plan.manifest.name, question: plan.manifest.question, cells: cells,
      started: started, finished: finished, environment: workspace.experimentEnvironment,
      toolVersion: Release.version)
  }

  /// Computes stages that are not stored, in the given order.
  /// - Returns: The messages of those that failed, and of those that needed them.
  @discardableResult
  package func compute(_ stages: [PlannedStage]) throws -> [Fingerprint: String] {
    let absent = try stages.filter { try sound($0.fingerprint) == nil }, missing = needed(of: absent)
    if absent.count < stages.count {
      workspace.progress.note("\(stages.count - absent.count) of \(stages.count) stages are in the store already.")
    }
    if missing.count < absent.count {
      workspace.progress.note("\(absent.count - missing.count) more are not needed: their results are in the store.")
    }
    if asksForKeys { try checkKeys(of: missing) }
    var failures: [Fingerprint: String] = [:]
    var silent: [String: String] = [:]
    for (index, planned) in missing.enumerated() {
      try Interruption.check()
      let server = planned.endpoint.map { "\($0.baseURL) \($0.model)" }
      if let cause = planned.stage.inputs.lazy.compactMap({ failures[$0.fingerprint] }).first
        ?? server.flatMap({ silent[$0] })
      {
        failures[planned.fingerprint] = cause
        continue
      }
      do {
        try compute(planned, "[\(index + 1)/\(missing.count)] \(planned.stage.label)")
      } catch {
        workspace.progress.finishLine()
        switch error {
        // A store that can't be written is of use to no stage; anything else is this one's own trouble.
        case WorkbenchError.interrupted, RecordsError.cannotWrite: throw error
        default: break
        }
        let cause = "\(planned.stage.label): \(error)"
        failures[planned.fingerprint] = cause
        // A server that failed for good would fail every other stage with this model, after as many attempts each.
        if error is ChatEndpointError, let server { silent[server] = cause }
        workspace.progress.alert("failed: \(cause)")
        if failsFast {
          for rest in missing[(index + 1)...] { failures[rest.fingerprint] = "not run, since this failed: \(cause)" }
          break
        }
      }
    }
    return failures
  }

  /// Computes one stage, or a part of its requests, unless another process does, for which it waits.
  /// - Parameter waits: Off, it does not wait.
  @discardableResult
  func compute(
    _ planned: PlannedStage, part: RequestPart? = nil, _ title: String, waits: Bool = true
  ) throws -> Made {
    while true {
      let lease: StageLease
      switch try waits ? waited(for: planned, part) : claim(planned, part) {
      case .lease(let taken): lease = taken
      case .there:
        workspace.progress.begin(title)
        workspace.progress.end("made by another process")
        return .byAnother
      case .busy: return .busy
      }
      workspace.progress.begin(title)
      do {
        try compute(planned, part, under: lease)
        workspace.progress.end("done")
        return .here
      } catch is LostLease {
        workspace.progress.note("\(planned.stage.label): another process took it over, since this one was still.")
      }
    }
  }

  /// What became of a stage.
  enum Made {
    /// This process made it.
    case here
    /// Another process made it.
    case byAnother
    /// Another process is at it.
    case busy
  }

  private func compute(_ planned: PlannedStage, _ part: RequestPart?, under lease: StageLease) throws {
    defer { lease.end() }
    do {
      try make(planned, part, under: lease)
    } catch  where lease.isFoundLost() {
      // Whatever failed: it is another process's now.
      throw LostLease()
    }
  }

  private func make(_ planned: PlannedStage, _ part: RequestPart?, under lease: StageLease) throws {
    if let part {
      guard let stage = planned.specification as? GenerationsStage else {
        throw WorkbenchError.unplanned(what: "part of the kind", hash: planned.stage.kind.rawValue)
      }
      try stage.answer(part, with: RunningStage(workspace: workspace, stage: planned.stage, lease: lease))
      return try lease.finish()
    }
    let pending = try workspace.store.begin(planned.stage)
    do {
      let counters = try run(planned, in: pending.folder, under: lease)
      let artifact = try workspace.store.commit(
        pending, environment: workspace.environment(of: planned.stage), counters: counters)
      try lease.finish()
      if keepsIndex { note(artifact.record) }
    } catch {
      workspace.store.discard(pending)
      throw error
    }
  }

  /// Notes an artifact in the index. Where that can't be, listings are made from the store once it can.
  private func note(_ record: ArtifactRecord) {
    do {
      try workspace.index().add(record)
    } catch {
      workspace.progress.note("\(error)")
    }
  }

  private enum Claim {
    case lease(StageLease)
    case there
    case busy
  }

  /// The right to compute a stage or a part of it, where nobody has it.
  private func claim(_ planned: PlannedStage, _ part: RequestPart?) throws -> Claim {
    guard let lease = try workspace.store.lease(planned.fingerprint, part: part) else { return .busy }
    // Whoever had it before may have finished it.
    let isThere = try artifact(planned.fingerprint) != nil
    guard isThere || part.map({ workspace.store.isDone($0, of: planned.fingerprint) }) == true else {
      return .lease(lease)
    }
    if isThere { workspace.store.removeWork(of: planned.fingerprint) }
    lease.end()
    return .there
  }

  /// The right to compute a stage or a part of it, once no other process has it.
  private func waited(for planned: PlannedStage, _ part: RequestPart?) throws -> Claim {
    var isTold = false, pause = 0.1
    while true {
      let claim = try claim(planned, part)
      guard case .busy = claim else { return claim }
      if !isTold {
        workspace.progress.note("\(planned.stage.label): another process is computing it; waiting for it to finish.")
        isTold = true
      }
      try Interruption.check()
      Thread.sleep(forTimeInterval: pause)
      // Many may wait, on a file system that many share.
      pause = min(pause * 1.2, 5)
    }
  }

  /// The artifact of a stage, every byte of it checked. One that is damaged is set aside, and made anew.
  func sound(_ fingerprint: Fingerprint) throws -> Artifact? {
    do {
      return try workspace.store.verifiedArtifact(fingerprint)
    } catch RecordsError.damaged {
      // At a second look, what a network file system had not caught up with is whole.
    }
    do {
      return try workspace.store.verifiedArtifact(fingerprint)
    } catch RecordsError.damaged(let folder, let reason) {
      let place = try workspace.store.setAside(fingerprint, of: .artifacts)
      workspace.progress.alert(
        "\(folder): damaged: \(reason); set aside\(place.map { " as \($0.path)" } ?? ""), and made anew")
      return nil
    }
  }

  /// Keys are asked for before anything runs, not after an hour of answering.
  private func checkKeys(of stages: [PlannedStage]) throws {
    for endpoint in stages.compactMap(\.endpoint).compactMap({ workspace.content.endpoints[$0] }) {
      _ = try EndpointJudge.key(for: endpoint, environment: ProcessInfo.processInfo.environment).get()
    }
  }

  private func run(_ planned: PlannedStage, in folder: URL, under lease: StageLease) throws -> [String: Double] {
    guard let stage = planned.specification as? any RunnableStage else {
      throw WorkbenchError.unplanned(what: "code of the kind", hash: planned.stage.kind.rawValue)
    }
    return try stage.run(in: folder, with: RunningStage(workspace: workspace, stage: planned.stage, lease: lease))
  }

  func artifact(_ fingerprint: Fingerprint) throws -> Artifact? {
    try workspace.store.artifact(fingerprint)
  }

  private func metrics(of cell: PlannedCell) throws -> CellMetrics? {
    guard let artifact = try workspace.store.artifact(cell.metrics) else { return nil }
    return try CanonicalFile.read(CellMetrics.self, from: artifact.file("metrics.json"))
  }
}

extension PlannedStage {
  /// The server that judges, of a stage of judgments.
  fileprivate var endpoint: JudgmentsStage.Endpoint? { (specification as? JudgmentsStage)?.parameters.endpoint }
}
