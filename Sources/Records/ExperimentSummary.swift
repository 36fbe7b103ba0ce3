import Stages
package import Fingerprints
package import Foundation

/// One line of a listing of experiments.
package struct ExperimentSummary: Sendable, Hashable, Codable {
  /// The experiment's fingerprint.
  package let fingerprint: Fingerprint
  /// The manifest's name.
  package let name: String
  /// The manifest's question; may be empty.
  package let question: String
  /// When the latest run of it began.
  package let started: Date
  /// When that run ended; nil when it has not.
  package let finished: Date?
  /// The number of cells.
  package let cells: Int
  /// The number of cells that are done.
  package let done: Int
  /// The number of cells that failed.
  package let failed: Int
}
