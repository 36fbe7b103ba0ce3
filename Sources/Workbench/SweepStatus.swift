package import Fingerprints
package import Foundation
package import Records
package import Stages

/// How far an experiment is, as the store tells.
package struct SweepStatus: Sendable, Encodable {
  /// The stages of one kind.
  package struct Kind: Sendable, Encodable {
    package var kind: StageKind
    package var done = 0
    package var claimed = 0
    package var failed = 0
    package var waiting = 0
  }

  /// A stage that somebody computes.
  package struct Claim: Sendable, Encodable {
    package var stage: Fingerprint
    package var kind: StageKind
    package var name: String
    /// Where, and in which process.
    package var host: String
    package var process: Int32
    /// What its scheduler calls the job.
    package var job: String?
    package var since: Date
    package var progress: LeaseRecord.Progress?
  }

  /// A stage that failed.
  package struct Failure: Sendable, Encodable {
    package var stage: Fingerprint
    package var kind: StageKind
    package var name: String
    package var host: String
    package var message: String
  }

  package var experiment: Fingerprint
  package var name: String
  /// In the order in which they are computed.
  package var kinds: [Kind] = []
  package var claims: [Claim] = []
  package var failures: [Failure] = []
  /// How many tasks of its submissions are in each of the queue's states; nil where there is no queue to ask.
  package var queue: [String: Int]?

  /// How many stages there are.
  package var total: Int { kinds.reduce(0) { $0 + $1.done + $1.claimed + $1.failed + $1.waiting } }
  /// How many are done.
  package var done: Int { kinds.reduce(0) { $0 + $1.done } }

  /// The status of an experiment whose cells have some stages.
  package init(of experiment: Fingerprint, named name: String, cells: [[StageReference]], in store: ArtifactStore)
    throws
  {
    self.experiment = experiment
    self.name = name
    var seen: Set<Fingerprint> = []
    let stages = cells.joined().filter { seen.insert($0.fingerprint).inserted }
    for kind in cells.kindsInOrder {
      var counts = Kind(kind: kind)
      for stage in stages where stage.kind == kind {
        let fingerprint = stage.fingerprint
        if (try? store.artifact(fingerprint)) != nil {
          counts.done += 1
          continue
        }
        let claimed = try store.holders(of: fingerprint)
        for holder in claimed {
          claims.append(
            Claim(
              stage: fingerprint, kind: kind, name: stage.name, host: holder.owner.host, process: holder.owner.process,
              job: holder.owner.job, since: holder.began, progress: holder.progress))
        }
        if !claimed.isEmpty {
          counts.claimed += 1
        } else if let failure = store.failure(of: fingerprint) {
          counts.failed += 1
          failures.append(
            Failure(
              stage: fingerprint, kind: kind, name: stage.name, host: failure.owner.host, message: failure.message))
        } else {
          counts.waiting += 1
        }
      }
      kinds.append(counts)
    }
  }
}
