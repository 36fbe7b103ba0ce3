package import Fingerprints
package import Foundation
import Messages
package import Stages

/// The right to compute one stage, and the folder for its checkpoints.
///
///     work/HASH/lease-1, lease-2, …   each taken once, by one process; the last counts
///     work/HASH/1/, 2/, …             the checkpoints of the process that took the lease of that number
///     work/HASH/part-1-of-3/, …       the same for a part of the stage's requests, and `done`
///     work/HASH/failure.json          why the stage failed
///
/// A lease that has expired is followed by the next. Its process may be alive all the same, and writes on into its own
/// folder: two that compute one stage cost time, and never write into one file. The next begins with a copy of what the
/// one before it left.
package struct StageLease: Sendable {
  private let lease: Lease
  private let folder: LeaseFolder
  private let number: Int
  private let store: ArtifactStore
  /// The stage.
  package let stage: Fingerprint
  private let isPart: Bool

  /// Whether another process has taken over.
  package var isLost: Bool { lease.isLost }

  /// Whether another process has taken over, by a look at the store.
  package func isFoundLost() -> Bool { lease.isFoundLost() }

  /// Notes how far the stage is.
  package func note(_ progress: LeaseRecord.Progress) { lease.note(progress) }

  /// The folder for the stage's checkpoints, with what an earlier process left. It outlives the process, and is removed
  /// when the stage's artifact is committed. Throws `RecordsError.cannotWrite`.
  package func workFolder() throws -> URL { try folder.workFolder(number) }

  /// Gives the stage back unfinished.
  package func end() { lease.end() }

  /// Gives the stage back finished: nothing of its work is needed any more. Of a part, what was made stays, for the
  /// stage. Throws `RecordsError.cannotWrite`.
  package func finish() throws {
    guard isPart else {
      lease.forget()
      return store.removeWork(of: stage)
    }
    try StoreFiles.replace(folder.done, with: Data())
    lease.end()
  }

  fileprivate init(
    _ claimed: (lease: Lease, number: Int), _ folder: LeaseFolder, _ store: ArtifactStore, _ stage: Fingerprint,
    isPart: Bool
  ) {
    (lease, number) = claimed
    self.folder = folder
    self.store = store
    self.stage = stage
    self.isPart = isPart
  }
}

extension ArtifactStore {
  /// Takes the lease of a stage, or of a part of its requests; nil while another process has it. Throws
  /// `RecordsError.cannotWrite`.
  package func lease(_ stage: Fingerprint, part: RequestPart? = nil) throws -> StageLease? {
    let whole = LeaseFolder(workPlace(of: stage)), folder = part.map(whole.part) ?? whole
    return try folder.claim().map { StageLease($0, folder, self, stage, isPart: part != nil) }
  }

  /// Whether a part of a stage's requests is done.
  package func isDone(_ part: RequestPart, of stage: Fingerprint) -> Bool {
    StoreFiles.exists(LeaseFolder(workPlace(of: stage)).part(part).done)
  }

  /// Who computes a stage, or parts of it.
  package func holders(of stage: Fingerprint) throws -> [LeaseRecord] {
    let whole = LeaseFolder(workPlace(of: stage))
    return try ([whole] + whole.parts).compactMap { try $0.holder() }
  }

  func workPlace(of fingerprint: Fingerprint) -> URL {
    folder.appending(path: "work").appending(path: fingerprint.hexadecimal)
  }

  /// Removes the checkpoints of a stage. A process that is just looking whether it may take the stage can keep the
  /// folder from going; it removes it itself then.
  package func removeWork(of fingerprint: Fingerprint) {
    try? FileManager.default.removeItem(at: workPlace(of: fingerprint))
  }
}
