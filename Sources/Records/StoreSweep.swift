public import Experiments
public import Foundation

/// What can be dropped from a store: what no kept experiment reaches.
public struct StoreSweep: Sendable {
  /// Experiments that are not kept.
  public var experiments: [Fingerprint] = []
  /// Artifacts that no kept experiment used, with their kinds and sizes.
  public var artifacts: [(fingerprint: Fingerprint, kind: StageKind?, bytes: Int)] = []
  /// Folders of checkpoints of stages that nobody needs, and of what was set aside.
  public var folders: [URL] = []

  /// The size of the artifacts.
  public var bytes: Int { artifacts.reduce(0) { $0 + $1.bytes } }
  /// Whether there is nothing to drop.
  public var isEmpty: Bool { experiments.isEmpty && artifacts.isEmpty && folders.isEmpty }
}

extension ArtifactStore {
  /// What a sweep would drop. Nothing is changed.
  /// - Parameter kept: The experiments to keep; nil keeps all.
  public func sweep(keeping kept: Set<Fingerprint>? = nil) throws -> StoreSweep {
    var sweep = StoreSweep(), reached: Set<Fingerprint> = []
    for fingerprint in try names(of: .experiments) {
      // A record that can't be read is kept with nothing: what it needed can't be known.
      let record = try? experiment(fingerprint)
      if kept?.contains(fingerprint) ?? true {
        reached.formUnion(record?.cells.flatMap(\.stages).map(\.fingerprint) ?? [])
      } else {
        sweep.experiments.append(fingerprint)
      }
    }
    // What an artifact was made from is kept with it.
    var waiting = Array(reached)
    while let fingerprint = waiting.popLast() {
      for input in (try? artifact(fingerprint)?.record.stage.inputs) ?? []
      where reached.insert(input.fingerprint).inserted {
        waiting.append(input.fingerprint)
      }
    }
    for fingerprint in try names(of: .artifacts) where !reached.contains(fingerprint) {
      let record = try? artifact(fingerprint)?.record
      sweep.artifacts.append((fingerprint, record?.stage.kind, record?.files.reduce(0) { $0 + $1.size } ?? 0))
    }
    let work = folder.appendingPathComponent("work"), damaged = folder.appendingPathComponent("damaged")
    for name in try StoreFiles.names(in: work) {
      if let fingerprint = Fingerprint(hexadecimal: name), reached.contains(fingerprint) { continue }
      sweep.folders.append(work.appendingPathComponent(name))
    }
    sweep.folders += try StoreFiles.names(in: damaged).map(damaged.appendingPathComponent)
    return sweep
  }

  /// Drops what a sweep found, experiments first, so that none is left without what it needs. Throws
  /// `RecordsError.cannotWrite` at the first thing that can't be removed.
  public func drop(_ sweep: StoreSweep) throws {
    let places =
      sweep.experiments.map { place(of: $0, in: .experiments) }
      + sweep.artifacts.map { place(of: $0.fingerprint, in: .artifacts) } + sweep.folders
    for place in places where StoreFiles.exists(place) {
      do {
        try FileManager.default.removeItem(at: place)
      } catch {
        throw RecordsError.cannotWrite(path: place.path, reason: RecordsError.reason(of: error))
      }
    }
  }
}
