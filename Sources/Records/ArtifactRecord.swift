public import Experiments
public import Foundation

/// One file of an artifact.
public struct StoredFile: Sendable, Hashable, Codable {
  /// Its path within the artifact's folder, with `/` between the parts.
  public let name: String
  /// Its size in bytes.
  public let size: Int
  /// The hash of its content.
  public let sha256: Fingerprint
}

/// What is known about an artifact beside its files: `record.json` in its folder.
public struct ArtifactRecord: Sendable, Hashable, Codable {
  /// The stage that made the artifact.
  public let stage: Stage
  /// The stage's fingerprint (the input hash): the artifact's name in the store.
  public let fingerprint: Fingerprint
  /// The output hash: SHA-256 over the canonical JSON of the files' names, sizes and hashes. Equal for equal bytes,
  /// whenever and wherever they were written.
  public let output: Fingerprint
  /// The files, sorted by name.
  public let files: [StoredFile]
  /// Where it was made: processor, kernel set, BLAS, threads, build, versions. No part of any hash.
  public let environment: [String: String]
  /// When the stage began.
  public let started: Date
  /// How long the stage took, in seconds.
  public let seconds: Double
  /// What the stage counted, such as tokens; no part of any hash.
  public let counters: [String: Double]

  /// A record. The files are sorted, and the hashes computed.
  init(
    stage: Stage, files: [StoredFile], environment: [String: String], started: Date, seconds: Double,
    counters: [String: Double]
  ) {
    self.stage = stage
    fingerprint = stage.fingerprint
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    output = Self.output(of: self.files)
    self.environment = environment
    self.started = started
    self.seconds = seconds
    self.counters = counters
  }

  /// The output hash of files that are sorted by name.
  static func output(of files: [StoredFile]) -> Fingerprint {
    Fingerprint(
      of: .array(files.map { [.string($0.name), .integer($0.size), .string($0.sha256.hexadecimal)] }))
  }
}

/// A finished artifact in the store. Its files never change.
public struct Artifact: Sendable, Hashable {
  /// Its folder.
  public let folder: URL
  /// What is known about it.
  public let record: ArtifactRecord

  /// The place of one of its files, by the name in the record.
  public func file(_ name: String) -> URL {
    folder.appendingPathComponent(name)
  }
}

/// An artifact that is being made: its files go into `folder`, which no reader of the store sees.
public struct PendingArtifact: Sendable {
  /// The stage that is being run.
  public let stage: Stage
  /// Where the stage writes its files.
  public let folder: URL
  let fingerprint: Fingerprint
  let started: Date
  let clock: ContinuousClock.Instant
}
