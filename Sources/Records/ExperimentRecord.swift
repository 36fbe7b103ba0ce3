package import Stages
package import Fingerprints
package import Foundation

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
  /// Who each language model that judged is and how it was asked, by the judge's name; nil where none judged.
  package let judges: [String: String]?

  /// Who was asked as a judge of that name; empty where the record does not say.
  package func asked(_ judge: String) -> String { judges?[judge] ?? "" }

  /// A cell that is done with the given metrics, failed with the given message, or else pending.
  package init(
    label: String, overrides: [Override], isBaseline: Bool, stages: [StageReference], metrics: CellMetrics?,
    failure: String?, judges: [String: String] = [:]
  ) {
    self.label = label
    self.overrides = overrides
    self.isBaseline = isBaseline
    self.stages = stages
    self.metrics = metrics
    self.failure = failure
    self.judges = judges.isEmpty ? nil : judges
    status = failure != nil ? .failed : metrics != nil ? .done : .pending
  }

  /// The stage of a kind and name, or nil.
  package func stage(_ kind: StageKind, named name: String = "") -> Fingerprint? {
    stages.first { $0.kind == kind && $0.name == name }?.fingerprint
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
