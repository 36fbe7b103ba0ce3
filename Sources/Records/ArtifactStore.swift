package import Stages
package import Fingerprints
package import Foundation

/// The artifact store: a plain folder of finished artifacts and experiments, each named by its fingerprint.
///
///     objects/ab/cdef…/         the files of an artifact, and record.json
///     experiments/ab/cdef…/     record.json and manifest.json
///     work/abcdef…/             the leases and checkpoints of a stage that is not finished
///     users/                    leases of the processes that use the store
///     temporary/BOOT-PROCESS-…/ what is being written
///     damaged/                  what was found damaged and set aside
///
/// An artifact is written in `temporary`, synced, and renamed into `objects`, so there is never half of one.
/// A store that is only read is never written to; its folders are made when they are first needed. It can lie on a
/// network file system, and be used from many hosts at once.
package struct ArtifactStore: Sendable {
  /// What a fingerprint in the store can name.
  package enum Collection: String, Sendable, CaseIterable {
    /// Finished artifacts.
    case artifacts
    case experiments

    var folder: String {
      switch self {
      case .artifacts: "objects"
      case .experiments: "experiments"
      }
    }

    var noun: String {
      switch self {
      case .artifacts: "artifact"
      case .experiments: "experiment"
      }
    }
  }

  /// The store's folder.
  package let folder: URL
  private static let recordName = "record.json"

  /// The store in a folder, which need not exist.
  package init(folder: URL) {
    self.folder = folder
  }

  // MARK: Reading

  /// The artifact of a stage; nil when there is none. Throws `RecordsError.damaged` when its record can't be read,
  /// names another stage, or lists a file that is missing or of another size. The content is not hashed anew.
  package func artifact(_ fingerprint: Fingerprint) throws -> Artifact? {
    let folder = place(of: fingerprint, in: .artifacts)
    guard StoreFiles.exists(folder) || isThereAfterAll(folder) else { return nil }
    let record: ArtifactRecord
    do {
      record = try CanonicalFile.read(ArtifactRecord.self, from: folder.appending(path: Self.recordName))
    } catch {
      throw RecordsError.damaged(folder: folder.path, reason: "\(error)")
    }
    guard record.fingerprint == fingerprint, record.stage.fingerprint == fingerprint else {
      throw RecordsError.damaged(folder: folder.path, reason: "its record is of \(record.stage.fingerprint.short)")
    }
    for file in record.files {
      let size = StoreFiles.size(of: folder.appending(path: file.name))
      guard size == file.size else {
        let found = size.map { "has \($0) bytes" } ?? "is missing"
        throw RecordsError.damaged(folder: folder.path, reason: "\(file.name) \(found), expected \(file.size)")
      }
    }
    return Artifact(folder: folder, record: record)
  }

  /// Whether a folder is there at a second look. A network file system's host may go on holding it absent for a minute,
  /// unless the folders above it are opened: then it asks its server whether they changed.
  private func isThereAfterAll(_ folder: URL) -> Bool {
    let shard = folder.deletingLastPathComponent()
    for above in [shard.deletingLastPathComponent(), shard] {
      let descriptor = open(above.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { return false }
      close(descriptor)
    }
    return StoreFiles.exists(folder)
  }

  /// The fingerprints of all finished artifacts or of all experiments, sorted. Throws when a folder can't be read.
  package func fingerprints(of collection: Collection) throws -> [Fingerprint] {
    try fingerprints(of: collection, prefix: "")
  }

  /// The stages of all artifacts whose records can be read, in the order of their fingerprints.
  package func stages() throws -> [Stage] {
    try fingerprints(of: .artifacts).compactMap { try? artifact($0)?.record.stage }
  }

  /// The one fingerprint that begins with the given digits. Throws `RecordsError.notAPrefix`, `.nothingMatches`, or
  /// `.severalMatch` with the matches.
  package func resolve(prefix: String, among collection: Collection) throws -> Fingerprint {
    guard Fingerprint.isPrefix(prefix) else { throw RecordsError.notAPrefix(prefix) }
    let matches = try fingerprints(of: collection, prefix: prefix)
    guard let match = matches.first else {
      throw RecordsError.nothingMatches(prefix: prefix, kind: collection.noun, folder: folder.path)
    }
    guard matches.count == 1 else {
      throw RecordsError.severalMatch(prefix: prefix, kind: collection.noun, matches: matches)
    }
    return match
  }

  /// The record of the one experiment whose fingerprint begins with the given digits. Throws as
  /// ``resolve(prefix:among:)`` does.
  package func experiment(prefix: String) throws -> ExperimentRecord {
    guard let record = try experiment(resolve(prefix: prefix, among: .experiments)) else {
      throw RecordsError.nothingMatches(prefix: prefix, kind: Collection.experiments.noun, folder: folder.path)
    }
    return record
  }

  private func fingerprints(of collection: Collection, prefix: String) throws -> [Fingerprint] {
    try names(of: collection, prefix: prefix).filter {
      StoreFiles.exists(place(of: $0, in: collection).appending(path: Self.recordName))
    }
  }

  /// The names in a collection, sorted, those without a record too.
  func names(of collection: Collection, prefix: String = "") throws -> [Fingerprint] {
    let top = folder.appending(path: collection.folder)
    var found: [Fingerprint] = []
    for shard in try StoreFiles.names(in: top)
    where shard.utf8.count == 2 && (shard.hasPrefix(prefix) || prefix.hasPrefix(shard)) {
      let shardFolder = top.appending(path: shard)
      for rest in try StoreFiles.names(in: shardFolder) {
        guard let fingerprint = Fingerprint(hexadecimal: shard + rest), fingerprint.hexadecimal.hasPrefix(prefix)
        else { continue }
        found.append(fingerprint)
      }
    }
    return found.sorted()
  }

  func place(of fingerprint: Fingerprint, in collection: Collection) -> URL {
    folder.appending(path: collection.folder)
      .appending(path: String(fingerprint.hexadecimal.prefix(2)))
      .appending(path: String(fingerprint.hexadecimal.dropFirst(2)))
  }

  // MARK: Writing

  /// Begins an artifact: an empty folder for its files. Also removes what processes that ended before their time left
  /// behind, as far as that can be told. Throws `RecordsError.cannotWrite`.
  package func begin(_ stage: Stage) throws -> PendingArtifact {
    let temporary = folder.appending(path: "temporary")
    try StoreFiles.makeFolder(temporary)
    try TemporaryFolder.removeAbandoned(in: temporary)
    let own = temporary.appending(path: TemporaryFolder.name())
    try StoreFiles.makeFolder(own)
    return PendingArtifact(
      stage: stage, folder: own, fingerprint: stage.fingerprint, started: Date(), clock: ContinuousClock.now)
  }

  /// Finishes an artifact: hashes and syncs its files, adds the record, renames the folder to its place, and removes
  /// the stage's working folder. When another process was first, its artifact is returned and this one dropped.
  /// Throws `RecordsError`; the store is then as it was.
  package func commit(
    _ pending: PendingArtifact, environment: [String: String], counters: [String: Double] = [:]
  ) throws -> Artifact {
    do {
      let seconds = pending.clock.duration(to: .now) / .seconds(1)
      let names = try StoreFiles.files(beneath: pending.folder)
      guard !names.contains(Self.recordName) else {
        throw RecordsError.malformed(
          path: pending.folder.appending(path: Self.recordName).path, place: "",
          found: "a file that the stage wrote", expected: "this name to be left to the store")
      }
      let files = try names.map { name in
        let measured = try StoreFiles.measure(pending.folder.appending(path: name))
        return StoredFile(name: name, size: measured.size, sha256: measured.sha256)
      }
      let record = ArtifactRecord(
        stage: pending.stage, files: files, environment: environment, started: pending.started, seconds: seconds,
        counters: counters)
      try CanonicalFile.write(record, to: pending.folder.appending(path: Self.recordName))
      try StoreFiles.synchronize(everythingIn: pending.folder)
      let artifact = try publish(pending)
      removeWork(of: pending.fingerprint)
      return artifact
    } catch {
      discard(pending)
      throw error
    }
  }

  /// Drops an artifact that was begun.
  package func discard(_ pending: PendingArtifact) {
    try? FileManager.default.removeItem(at: pending.folder)
  }

  /// Makes an artifact: `body` writes its files into the folder that it is given, and returns what it counted. What
  /// `body` throws is thrown on, and nothing is stored. See `commit(_:environment:counters:)`.
  package nonisolated(nonsending) func commit(
    _ stage: Stage, environment: [String: String], body: (URL) async throws -> [String: Double]
  ) async throws -> Artifact {
    let pending = try begin(stage)
    let counters: [String: Double]
    do {
      counters = try await body(pending.folder)
    } catch {
      discard(pending)
      throw error
    }
    return try commit(pending, environment: environment, counters: counters)
  }

  private func publish(_ pending: PendingArtifact) throws -> Artifact {
    let target = place(of: pending.fingerprint, in: .artifacts)
    let shard = target.deletingLastPathComponent()
    try StoreFiles.makeFolder(shard)
    do {
      try StoreFiles.rename(pending.folder, to: target)
    } catch {
      guard let existing = try artifact(pending.fingerprint) else { throw error }
      discard(pending)
      return existing
    }
    try StoreFiles.synchronize(shard)
    try StoreFiles.synchronize(shard.deletingLastPathComponent())
    guard let artifact = try artifact(pending.fingerprint) else {
      throw RecordsError.damaged(folder: target.path, reason: "it vanished while it was written")
    }
    return artifact
  }

  // MARK: Experiments

  /// Stores an experiment's record beside the bytes of its manifest, in place of an earlier record of it. Each file
  /// is replaced whole; the record comes last, and without one there is no experiment. Throws `RecordsError`.
  package func write(_ experiment: ExperimentRecord, manifest: Data) throws {
    let place = place(of: experiment.fingerprint, in: .experiments)
    try StoreFiles.makeFolder(place)
    try StoreFiles.replace(place.appending(path: "manifest.json"), with: manifest)
    let record = Data(try CanonicalFile.line(experiment).utf8)
    try StoreFiles.replace(place.appending(path: Self.recordName), with: record)
    try StoreFiles.synchronize(place.deletingLastPathComponent())
  }

  /// The record of an experiment; nil when there is none. Throws `RecordsError.damaged` when it can't be read.
  package func experiment(_ fingerprint: Fingerprint) throws -> ExperimentRecord? {
    let place = place(of: fingerprint, in: .experiments)
    let file = place.appending(path: Self.recordName)
    guard StoreFiles.exists(file) else { return nil }
    do {
      let record = try CanonicalFile.read(ExperimentRecord.self, from: file)
      guard record.fingerprint == fingerprint else {
        throw RecordsError.damaged(folder: place.path, reason: "its record is of \(record.fingerprint.short)")
      }
      return record
    } catch {
      throw RecordsError.damaged(folder: place.path, reason: "\(error)")
    }
  }

  /// What differs once an experiment's record was written anew; empty where there is none.
  func version(ofExperiment fingerprint: Fingerprint) -> String {
    let file = place(of: fingerprint, in: .experiments).appending(path: Self.recordName)
    var status = stat()
    guard stat(file.path, &status) == 0 else { return "" }
    return "\(status.st_ino) \(status.st_size) \(status.modificationDate.timeIntervalSince1970)"
  }

  /// The bytes of an experiment's manifest as they were given. Throws `RecordsError.cannotRead`.
  package func manifest(of fingerprint: Fingerprint) throws -> Data {
    try StoreFiles.data(of: place(of: fingerprint, in: .experiments).appending(path: "manifest.json"))
  }
}
