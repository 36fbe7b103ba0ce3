package import Stages
package import Fingerprints
package import Foundation
import Messages

/// What can be dropped from a store: what no kept experiment reaches.
package struct StoreSweep: Sendable {
  /// Experiments that are not kept.
  package var experiments: [Fingerprint] = []
  /// Artifacts that no kept experiment used, with their kinds and sizes.
  package var artifacts: [(fingerprint: Fingerprint, kind: StageKind?, bytes: Int)] = []
  /// Folders of checkpoints of stages that nobody needs, and of what was set aside.
  package var folders: [URL] = []

  /// The size of the artifacts.
  package var bytes: Int { artifacts.reduce(0) { $0 + $1.bytes } }
  /// Whether there is nothing to drop.
  package var isEmpty: Bool { experiments.isEmpty && artifacts.isEmpty && folders.isEmpty }
}

extension ArtifactStore {
  /// What a sweep would drop. Nothing is changed.
  ///
  /// Tuned prompts that no experiment ever used are kept, with what they were made from: they cost the most, and `tune`
  /// makes them without an experiment.
  /// - Parameter kept: The experiments to keep; nil keeps all.
  /// - Throws: `RecordsError.damaged` for a record that must be known and can't be read: what it needs can't be told.
  package func sweep(keeping kept: Set<Fingerprint>? = nil) throws -> StoreSweep {
    var sweep = StoreSweep(), reached: Set<Fingerprint> = [], dropped: Set<Fingerprint> = []
    for fingerprint in try fingerprints(of: .experiments) {
      guard let record = try experiment(fingerprint) else { continue }
      let stages = record.cells.flatMap(\.stages).map(\.fingerprint)
      if kept?.contains(fingerprint) ?? true {
        reached.formUnion(stages)
      } else {
        sweep.experiments.append(fingerprint)
        dropped.formUnion(stages)
      }
    }
    for fingerprint in try fingerprints(of: .artifacts) where !dropped.contains(fingerprint) {
      if (try? artifact(fingerprint))?.record.stage.kind == .prompt { reached.insert(fingerprint) }
    }
    // What an artifact was made from is kept with it.
    var waiting = Array(reached)
    while let fingerprint = waiting.popLast() {
      for input in try artifact(fingerprint)?.record.stage.inputs ?? []
      where reached.insert(input.fingerprint).inserted {
        waiting.append(input.fingerprint)
      }
    }
    for fingerprint in try names(of: .artifacts) where !reached.contains(fingerprint) {
      let record = try? artifact(fingerprint)?.record
      sweep.artifacts.append((fingerprint, record?.stage.kind, record?.files.reduce(0) { $0 + $1.size } ?? 0))
    }
    let work = folder.appending(path: "work"), damaged = folder.appending(path: "damaged")
    for name in try StoreFiles.names(in: work) {
      // What is finished needs no checkpoints.
      if let fingerprint = Fingerprint(hexadecimal: name), reached.contains(fingerprint),
        (try? artifact(fingerprint)) == nil
      {
        continue
      }
      sweep.folders.append(work.appending(path: name))
    }
    sweep.folders += try StoreFiles.names(in: damaged).map { damaged.appending(path: $0) }
    return sweep
  }

  /// Drops what a sweep found, experiments first, so that none is left without what it needs. Throws
  /// `RecordsError.cannotWrite` at the first thing that can't be removed.
  package func drop(_ sweep: StoreSweep) throws {
    let places =
      sweep.experiments.map { place(of: $0, in: .experiments) }
      + sweep.artifacts.map { place(of: $0.fingerprint, in: .artifacts) } + sweep.folders
    // Out of the way first, whole: what is dropped halfway must not look like something damaged.
    let temporary = folder.appending(path: "temporary")
    try StoreFiles.makeFolder(temporary)
    for place in places where StoreFiles.exists(place) {
      let target = temporary.appending(path: TemporaryFolder.name())
      try StoreFiles.rename(place, to: target)
      do {
        try FileManager.default.removeItem(at: target)
      } catch {
        throw RecordsError.cannotWrite(path: target.path, reason: SystemError.wording(error))
      }
    }
  }
}
