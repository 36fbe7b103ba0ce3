package import Stages
package import Fingerprints
package import Foundation
import Messages

/// An experiment packed into one file, to be run again on another machine.
///
/// It is a tar archive of the experiment's folder (record, manifest, data files, output hashes) and of its artifacts,
/// laid out as in the store, and, last, of the hashes of all these files (`SHA256SUMS`). Weights and benchmarks are not
/// in it: they are named by hash. Answers to the requests of benchmarks hold those requests, which have licenses of
/// their own, so they are left out unless asked for; what they hashed to is there, and a rerun compares with that.
package enum ExperimentArchive {
  /// What an archive was made of, or what was taken from one.
  package struct Contents: Sendable {
    package var experiment: Fingerprint
    /// How many artifacts are in it.
    package var artifacts = 0
    /// Stages that are left out.
    package var leftOut = 0
    /// Artifacts that the store had already; of an import.
    package var known = 0
    package var bytes = 0
  }

  /// Packs an experiment into a file, whole or not at all.
  /// - Parameters:
  ///   - withFiles: Packs the data files that the manifest names. A rerun reads those that are not there where the
  ///     manifest says they lie.
  ///   - includes: Which of the experiment's stages are packed.
  /// - Throws: `RecordsError`, `.damaged` for an artifact that is.
  package static func write(
    _ experiment: Fingerprint, from store: ArtifactStore, to file: URL, withFiles: Bool = true,
    including includes: (StageReference) -> Bool
  ) throws -> Contents {
    guard let record = try store.experiment(experiment) else {
      throw RecordsError.nothingMatches(prefix: experiment.short, kind: "experiment", folder: store.folder.path)
    }
    var contents = Contents(experiment: experiment)
    let temporary = file.deletingLastPathComponent()
      .appending(path: ".\(file.lastPathComponent).\(UUID().uuidString)")
    do {
      try StoreFiles.write(Data(), to: temporary)
      let handle = try FileHandle(forWritingTo: temporary)
      defer { try? handle.close() }
      var checksums = ArchiveChecksums()
      func add(_ name: String, _ data: Data, from source: URL) throws {
        guard let header = TarArchive.header(name: name, size: data.count) else {
          throw RecordsError.malformed(
            path: source.path, place: "", found: "a name that an archive can't hold", expected: "a shorter one")
        }
        try handle.write(contentsOf: header)
        try handle.write(contentsOf: data)
        try handle.write(contentsOf: TarArchive.padding(after: data.count))
        contents.bytes += data.count
        checksums.add(name, data)
      }
      func add(_ name: String, _ source: URL) throws { try add(name, StoreFiles.data(of: source), from: source) }
      let place = store.place(of: experiment, in: .experiments), root = Self.path(of: experiment, in: .experiments)
      // A process that was killed may have left files beside those that it was replacing.
      for name in try StoreFiles.files(beneath: place) where isExpected("\(root)/\(name)") {
        let isDataFile = name == ArtifactStore.filesName || name.hasPrefix("\(ArtifactStore.filesFolder)/")
        if withFiles || !isDataFile { try add("\(root)/\(name)", place.appending(path: name)) }
      }
      var seen: Set<Fingerprint> = []
      for reference in record.cells.flatMap(\.stages) where seen.insert(reference.fingerprint).inserted {
        guard includes(reference), let artifact = try store.verifiedArtifact(reference.fingerprint) else {
          contents.leftOut += 1
          continue
        }
        let root = Self.path(of: reference.fingerprint, in: .artifacts)
        for name in artifact.record.files.map(\.name) + ["record.json"] {
          try add("\(root)/\(name)", artifact.file(name))
        }
        contents.artifacts += 1
      }
      try add(ArchiveChecksums.name, checksums.data, from: file)
      try handle.write(contentsOf: TarArchive.end)
      try handle.synchronize()
      try StoreFiles.rename(temporary, to: file)
    } catch let error as RecordsError {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
    }
    return contents
  }

  /// Takes an archive's experiment and artifacts into a store. Everything is unpacked beside, checked by its hashes,
  /// and only then moved to its place; nothing that is there already is touched.
  /// - Throws: `RecordsError.malformed` for a file that is no archive of an experiment, `.damaged` for content that is
  ///   not what its name says, and `.cannotWrite`.
  package static func read(_ file: URL, into store: ArtifactStore) throws -> Contents {
    let data: Data
    do {
      data = try Data(contentsOf: file, options: .alwaysMapped)
    } catch {
      throw RecordsError.cannotRead(path: file.path, reason: SystemError.wording(error))
    }
    let folder = store.folder.appending(path: "temporary").appending(path: TemporaryFolder.name())
    try StoreFiles.makeFolder(folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let unpacked = ArtifactStore(folder: folder)
    var checksums = ArchiveChecksums(), listed: Data?
    do {
      try TarArchive.read(data) { entry in
        if entry.name == ArchiveChecksums.name {
          listed = entry.data
          return
        }
        checksums.add(entry.name, entry.data)
        guard Self.isExpected(entry.name) else {
          throw TarArchive.Malformed(
            place: entry.name, found: "a file that is no part of an experiment", expected: "what `ablate export` packs")
        }
        let target = folder.appending(path: entry.name)
        try StoreFiles.makeFolder(target.deletingLastPathComponent())
        try StoreFiles.write(entry.data, to: target)
      }
    } catch let error as TarArchive.Malformed {
      throw RecordsError.malformed(path: file.path, place: error.place, found: error.found, expected: error.expected)
    }
    let (experiment, artifacts) = try names(in: unpacked, from: file)
    try check(checksums, against: listed, in: file)
    var contents = try take(experiment, artifacts, of: unpacked, into: store)
    contents.bytes = data.count
    return contents
  }

  /// Throws unless the archive lists its files' hashes, and no others.
  private static func check(_ checksums: ArchiveChecksums, against listed: Data?, in file: URL) throws {
    guard let listed else {
      throw RecordsError.malformed(
        path: file.path, place: "", found: "no \(ArchiveChecksums.name)",
        expected: "it, the archive's last file; export the experiment again")
    }
    guard listed != checksums.data else { return }
    let lines = String(decoding: listed, as: UTF8.self).split(separator: "\n").map(String.init)
    // A line's name stands behind 64 digits and two spaces.
    let place = checksums.lines.first { !lines.contains($0) }.map { String($0.dropFirst(66)) }
    throw RecordsError.malformed(
      path: file.path, place: place ?? ArchiveChecksums.name, found: "other content than was exported",
      expected: "what \(ArchiveChecksums.name) lists; copy the archive again")
  }

  /// What was unpacked, once it is sure to be one experiment and whole artifacts.
  private static func names(in unpacked: ArtifactStore, from file: URL) throws
    -> (experiment: Fingerprint, artifacts: [Fingerprint])
  {
    let experiments = try unpacked.names(of: .experiments), artifacts = try unpacked.names(of: .artifacts)
    guard let experiment = experiments.first, experiments.count == 1, try unpacked.experiment(experiment) != nil else {
      throw RecordsError.malformed(
        path: file.path, place: "", found: "\(experiments.count) experiments", expected: "one, with its record")
    }
    _ = try unpacked.manifest(of: experiment)
    _ = try unpacked.files(of: experiment)
    for fingerprint in artifacts {
      // The names first: a record could list a file that lies elsewhere, or a device that never ends.
      let found = try StoreFiles.files(beneath: unpacked.place(of: fingerprint, in: .artifacts))
      let record = try CanonicalFile.read(
        ArtifactRecord.self,
        from: unpacked.place(of: fingerprint, in: .artifacts).appending(path: "record.json"))
      guard found.sorted() == (record.files.map(\.name) + ["record.json"]).sorted() else {
        throw RecordsError.damaged(
          folder: file.path, reason: "the artifact \(fingerprint.short) has other files than its record lists")
      }
      _ = try unpacked.verifiedArtifact(fingerprint)
    }
    return (experiment, artifacts)
  }

  private static func take(
    _ experiment: Fingerprint, _ artifacts: [Fingerprint], of unpacked: ArtifactStore, into store: ArtifactStore
  ) throws -> Contents {
    var contents = Contents(experiment: experiment)
    try StoreFiles.synchronize(everythingIn: unpacked.folder)
    func move(_ fingerprint: Fingerprint, _ collection: ArtifactStore.Collection) throws -> Bool {
      let target = store.place(of: fingerprint, in: collection)
      guard !StoreFiles.exists(target) else { return false }
      try StoreFiles.makeFolder(target.deletingLastPathComponent())
      do {
        try StoreFiles.rename(unpacked.place(of: fingerprint, in: collection), to: target)
      } catch {
        // Another process was first.
        guard StoreFiles.exists(target) else { throw error }
        return false
      }
      try StoreFiles.synchronize(target.deletingLastPathComponent())
      return true
    }
    // The experiment first, so that what it needs is needed.
    _ = try move(experiment, .experiments)
    for fingerprint in artifacts {
      if try move(fingerprint, .artifacts) { contents.artifacts += 1 } else { contents.known += 1 }
    }
    return contents
  }

  private static func path(of fingerprint: Fingerprint, in collection: ArtifactStore.Collection) -> String {
    let digits = fingerprint.hexadecimal
    return "\(collection.folder)/\(digits.prefix(2))/\(digits.dropFirst(2))"
  }

  /// Whether an entry lies where a store has such files. (The reader has made sure that no part leads elsewhere.)
  private static func isExpected(_ name: String) -> Bool {
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count >= 4, parts[1].utf8.count == 2, Fingerprint(hexadecimal: parts[1] + parts[2]) != nil else {
      return false
    }
    switch parts[0] {
    case "objects": return parts.count <= 8
    case "experiments":
      if parts.count == 4 {
        return ["record.json", "manifest.json", ArtifactStore.filesName, ArtifactStore.outputsName].contains(parts[3])
      }
      return parts.count == 5 && parts[3] == ArtifactStore.filesFolder && Fingerprint(hexadecimal: parts[4]) != nil
    default: return false
    }
  }
}
