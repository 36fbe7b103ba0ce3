package import Fingerprints
package import Foundation

/// Why a stage failed when a worker last tried it: `failure.json` among its work.
package struct FailureRecord: Sendable, Hashable, Codable {
  /// The message.
  package var message: String
  /// Who tried.
  package var owner: LeaseOwner
  /// When.
  package var date: Date

  static let fileName = "failure.json"
}

extension ArtifactStore {
  /// Notes that a stage failed in this process. Throws `RecordsError.cannotWrite`.
  package func note(failure message: String, of stage: Fingerprint) throws {
    let place = workPlace(of: stage)
    try StoreFiles.makeFolder(place)
    let record = FailureRecord(message: message, owner: .current, date: Date())
    try StoreFiles.replace(
      place.appending(path: FailureRecord.fileName), with: Data(CanonicalFile.line(record).utf8))
  }

  /// Why a stage failed; nil where it did not, or was made since.
  package func failure(of stage: Fingerprint) -> FailureRecord? {
    let file = workPlace(of: stage).appending(path: FailureRecord.fileName)
    return StoreFiles.exists(file) ? try? CanonicalFile.read(FailureRecord.self, from: file) : nil
  }
}
