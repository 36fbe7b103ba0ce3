package import Experiments
package import Fingerprints
package import Records

extension Manifest {
  /// The labels of the cells whose method makes the model answer harm that it would refuse by itself.
  package var weakenedCells: Set<String> {
    Set(cells.filter(\.settings.decoding.method.weakensSafety).map(\.label))
  }
}

extension ArtifactStore {
  /// The same of an experiment that is stored; none where its manifest can't be read.
  package func weakenedCells(of experiment: Fingerprint) -> Set<String> {
    let text = (try? manifest(of: experiment)).map { String(decoding: $0, as: UTF8.self) }
    return text.flatMap { try? Manifest(parsing: $0) }?.weakenedCells ?? []
  }
}
