import Stages
package import Fingerprints
package import Foundation

/// What a look at every byte of a store found.
package struct StoreCheck: Sendable {
  /// Something that is damaged.
  package struct Damage: Sendable {
    /// Which collection it is in.
    package var collection: ArtifactStore.Collection
    /// Its name.
    package var fingerprint: Fingerprint
    /// What is wrong with it.
    package var reason: String
    /// Where it was set aside; nil where it was left.
    package var place: URL?
  }

  /// How many artifacts were read.
  package var artifacts = 0
  /// How many experiments were read.
  package var experiments = 0
  /// How many bytes were hashed.
  package var bytes = 0
  /// What is damaged.
  package var damages: [Damage] = []
}

extension ArtifactStore {
  /// The artifact of a stage whose every byte was hashed anew; nil when there is none. Throws `RecordsError.damaged`
  /// when anything differs from its record.
  package func verifiedArtifact(_ fingerprint: Fingerprint) throws -> Artifact? {
    guard let artifact = try artifact(fingerprint) else { return nil }
    for file in artifact.record.files {
      let found: Fingerprint
      do {
        found = try StoreFiles.measure(artifact.file(file.name)).sha256
      } catch {
        throw RecordsError.damaged(folder: artifact.folder.path, reason: "\(error)")
      }
      guard found == file.sha256 else {
        throw RecordsError.damaged(
          folder: artifact.folder.path,
          reason: "\(file.name) has the hash \(found.short), expected \(file.sha256.short)")
      }
    }
    guard ArtifactRecord.output(of: artifact.record.files) == artifact.record.output else {
      throw RecordsError.damaged(
        folder: artifact.folder.path, reason: "its record's output hash is not that of its files")
    }
    return artifact
  }

  /// Moves an artifact or experiment out of the way, into `damaged`, where nothing looks for it. Throws
  /// `RecordsError.cannotWrite`.
  /// - Returns: Where it is now; nil where there was nothing.
  @discardableResult
  package func setAside(_ fingerprint: Fingerprint, of collection: Collection) throws -> URL? {
    let place = place(of: fingerprint, in: collection)
    guard StoreFiles.exists(place) else { return nil }
    let damaged = folder.appending(path: "damaged")
    try StoreFiles.makeFolder(damaged)
    let target = damaged.appending(
      path:
        "\(collection.noun)-\(fingerprint.short)-\(UUID().uuidString.prefix(8))")
    try StoreFiles.rename(place, to: target)
    try StoreFiles.synchronize(damaged)
    return target
  }

  /// Hashes everything anew.
  /// - Parameters:
  ///   - setsAside: Moves what is damaged out of the way, so that the next run makes it anew.
  ///   - onProgress: Called with the number of artifacts done and of all; may throw to stop.
  package func check(setsAside: Bool, onProgress: (Int, Int) throws -> Void = { _, _ in }) throws -> StoreCheck {
    var check = StoreCheck()
    func note(_ fingerprint: Fingerprint, _ collection: Collection, _ error: any Error) throws {
      let reason: String
      if case RecordsError.damaged(_, let text) = error { reason = text } else { reason = "\(error)" }
      check.damages.append(
        StoreCheck.Damage(
          collection: collection, fingerprint: fingerprint, reason: reason,
          place: setsAside ? try setAside(fingerprint, of: collection) : nil))
    }
    let artifacts = try names(of: .artifacts)
    for (index, fingerprint) in artifacts.enumerated() {
      do {
        guard let artifact = try verifiedArtifact(fingerprint) else { continue }
        check.bytes += artifact.record.files.reduce(0) { $0 + $1.size }
      } catch {
        try note(fingerprint, .artifacts, error)
      }
      check.artifacts += 1
      try onProgress(index + 1, artifacts.count)
    }
    // A folder without a record is an experiment that is just being written, or was when its process ended.
    for fingerprint in try fingerprints(of: .experiments) {
      do {
        _ = try experiment(fingerprint)
        _ = try manifest(of: fingerprint)
        _ = try files(of: fingerprint)
      } catch {
        try note(fingerprint, .experiments, error)
      }
      check.experiments += 1
    }
    return check
  }
}
