package import Stages
package import Fingerprints
package import Foundation
import JSON

/// One file of an artifact.
package struct StoredFile: Sendable, Hashable, Codable {
  /// Its path within the artifact's folder, with `/` between the parts.
  package let name: String
  /// Its size in bytes.
  package let size: Int
  /// The hash of its content.
  package let sha256: Fingerprint
}

/// What is known about an artifact beside its files: `record.json` in its folder.
package struct ArtifactRecord: Sendable, Hashable, Codable {
  /// The stage that made the artifact.
  package let stage: Stage
  /// The stage's fingerprint (the input hash): the artifact's name in the store.
  package let fingerprint: Fingerprint
  /// The output hash: SHA-256 over the canonical JSON of the files' names, sizes and hashes. Equal for equal bytes,
  /// whenever and wherever they were written.
  package let output: Fingerprint
  /// The files, sorted by name.
  package let files: [StoredFile]
  /// Where it was made: processor, kernel set, BLAS, threads, build, versions. No part of any hash.
  package let environment: [String: String]
  /// When the stage began.
  package let started: Date
  /// How long the stage took, in seconds.
  package let seconds: Double
  /// What the stage counted, such as tokens; no part of any hash.
  package let counters: [String: Double]

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
package struct Artifact: Sendable, Hashable {
  package let folder: URL
  /// What is known about it.
  package let record: ArtifactRecord

  /// The place of one of its files, by the name in the record.
  package func file(_ name: String) -> URL {
    folder.appending(path: name)
  }
}

/// An artifact that is being made: its files go into `folder`, which no reader of the store sees.
package struct PendingArtifact: Sendable {
  /// The stage that is being run.
  package let stage: Stage
  /// Where the stage writes its files.
  package let folder: URL
  let fingerprint: Fingerprint
  let started: Date
  let clock: ContinuousClock.Instant
}
