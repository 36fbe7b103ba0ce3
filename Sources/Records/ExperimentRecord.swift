package import Experiments
package import Fingerprints
package import Foundation

/// A stage that a cell of an experiment used.
package struct StageReference: Sendable, Hashable, Codable {
  /// The stage's kind.
  package let kind: StageKind
  /// Which of the kind: the prompt's role, or the evaluation set's name; empty for anchors and metrics.
  package let name: String
  /// The stage's fingerprint: its artifact's name in the store.
  package let fingerprint: Fingerprint

  /// A reference.
  package init(kind: StageKind, name: String, fingerprint: Fingerprint) {
    self.kind = kind
    self.name = name
    self.fingerprint = fingerprint
  }
}

/// One cell of an experiment, as it went.
package struct CellRecord: Sendable, Hashable, Codable {
  /// How far the cell is.
  package enum Status: String, Sendable, Hashable, Codable, CaseIterable {
    /// Not finished.
    case pending
    /// Finished, with metrics.
    case done
    /// Failed, with a message.
    case failed
  }

  /// The cell's label.
  package let label: String
  /// What the cell changes in the manifest's settings.
  package let overrides: [Override]
  /// Whether the cell is a baseline, that is, not a point of the sweep.
  package let isBaseline: Bool
  /// The stages in dependency order.
  package let stages: [StageReference]
  /// How far the cell is.
  package let status: Status
  /// The metrics, when the cell is done.
  package let metrics: CellMetrics?
  /// The message, when the cell failed.
  package let failure: String?

  /// A cell that is done with the given metrics, failed with the given message, or else pending.
  package init(
    label: String, overrides: [Override], isBaseline: Bool, stages: [StageReference], metrics: CellMetrics?,
    failure: String?
  ) {
    self.label = label
    self.overrides = overrides
    self.isBaseline = isBaseline
    self.stages = stages
    self.metrics = metrics
    self.failure = failure
    status = failure != nil ? .failed : metrics != nil ? .done : .pending
  }

  /// The stage of a kind and name, or nil.
  package func stage(_ kind: StageKind, named name: String = "") -> Fingerprint? {
    stages.first { $0.kind == kind && $0.name == name }?.fingerprint
  }

  /// The name of a judge's judgments on a set.
  package static func judgmentsName(judge: String, set: String) -> String { "\(judge)/\(set)" }

  /// References to the stages of a planned cell.
  package static func references(of cell: PlannedCell) -> [StageReference] {
    var references: [StageReference] = []
    if let anchors = cell.anchors { references.append(.init(kind: .anchors, name: "", fingerprint: anchors)) }
    for role in PromptRole.allCases {
      guard let prompt = cell.prompt(role) else { continue }
      references.append(.init(kind: .prompt, name: role.rawValue, fingerprint: prompt))
    }
    if let adapter = cell.adapter { references.append(.init(kind: .adapter, name: "", fingerprint: adapter)) }
    func ofSets(_ kind: StageKind) -> [StageReference] {
      cell.sets.compactMap { set in
        set.stage(kind).map { .init(kind: kind, name: set.name, fingerprint: $0) }
      }
    }
    references += ofSets(.generations) + ofSets(.verdicts)
    references += cell.sets.flatMap { set in
      set.judgments.map {
        .init(kind: .judgments, name: judgmentsName(judge: $0.judge, set: set.name), fingerprint: $0.stage)
      }
    }
    references += ofSets(.scores)
    references.append(.init(kind: .metrics, name: "", fingerprint: cell.metrics))
    return references
  }
}

/// One experiment, as it went: `record.json` in its folder, beside its manifest.
package struct ExperimentRecord: Sendable, Hashable, Codable {
  /// The experiment's fingerprint (`Plan.fingerprint`).
  package let fingerprint: Fingerprint
  /// The manifest's name.
  package let name: String
  /// The manifest's question; may be empty.
  package let question: String
  /// The cells, in the plan's order.
  package let cells: [CellRecord]
  /// When the run began.
  package let started: Date
  /// When the run ended; nil while it goes on, or when it was interrupted.
  package let finished: Date?
  /// Where it ran: processor, kernel set, BLAS, threads, build, versions.
  package let environment: [String: String]
  /// The key of ``environment`` under which the manifest's path stands.
  package static let manifestKey = "manifest"

  /// The path of the manifest when it was run, or nil in a record that does not have it.
  package var manifestPath: String? { environment[Self.manifestKey] }

  /// The version of the tool that ran it.
  package let toolVersion: String

  /// A record.
  package init(
    fingerprint: Fingerprint, name: String, question: String, cells: [CellRecord], started: Date, finished: Date?,
    environment: [String: String], toolVersion: String
  ) {
    self.fingerprint = fingerprint
    self.name = name
    self.question = question
    self.cells = cells
    self.started = started
    self.finished = finished
    self.environment = environment
    self.toolVersion = toolVersion
  }
}
