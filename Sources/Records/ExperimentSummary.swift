public import Experiments
public import Foundation

/// One line of a listing of experiments.
public struct ExperimentSummary: Sendable, Hashable, Codable {
  /// The experiment's fingerprint.
  public let fingerprint: Fingerprint
  /// The manifest's name.
  public let name: String
  /// The manifest's question; may be empty.
  public let question: String
  /// When the latest run of it began.
  public let started: Date
  /// When that run ended; nil when it has not.
  public let finished: Date?
  /// The number of cells.
  public let cells: Int
  /// The number of cells that are done.
  public let done: Int
  /// The number of cells that failed.
  public let failed: Int
}
