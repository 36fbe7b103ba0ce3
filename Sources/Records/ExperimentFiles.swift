import Stages
package import Fingerprints
package import Foundation

/// What lies beside an experiment's record so that it can be run again wherever it goes: the data files that its
/// manifest names, by content, and the output hash of every stage.
package struct ExperimentFiles: Sendable, Hashable {
  /// The data files' bytes by their paths as the manifest writes them. Benchmarks are none of them: they have licenses
  /// of their own, and are known by hash.
  package var files: [String: Data]
  /// The output hash of every stage that was there when the run ended, by the stage's fingerprint.
  package var outputs: [Fingerprint: Fingerprint]

  package init(files: [String: Data] = [:], outputs: [Fingerprint: Fingerprint] = [:]) {
    self.files = files
    self.outputs = outputs
  }
}

extension ArtifactStore {
  static let filesName = "files.json", outputsName = "outputs.json", filesFolder = "files"

  /// Stores what lies beside an experiment's record. Throws `RecordsError`.
  package func write(_ files: ExperimentFiles, of experiment: Fingerprint) throws {
    let place = place(of: experiment, in: .experiments), folder = place.appending(path: Self.filesFolder)
    try StoreFiles.makeFolder(folder)
    var names: [String: Fingerprint] = [:]
    for (path, data) in files.files {
      let name = Fingerprint(ofBytes: data)
      names[path] = name
      let file = folder.appending(path: name.hexadecimal)
      if !StoreFiles.exists(file) { try StoreFiles.replace(file, with: data) }
    }
    try StoreFiles.replace(
      place.appending(path: Self.filesName), with: Data(try CanonicalFile.line(names).utf8))
    let outputs = Dictionary(uniqueKeysWithValues: files.outputs.map { ($0.hexadecimal, $1) })
    try StoreFiles.replace(
      place.appending(path: Self.outputsName), with: Data(try CanonicalFile.line(outputs).utf8))
  }

  /// What lies beside an experiment's record; empty where an older version wrote it. Throws `RecordsError` for what
  /// can't be read, or is not what its name says.
  package func files(of experiment: Fingerprint) throws -> ExperimentFiles {
    let place = place(of: experiment, in: .experiments)
    var files = ExperimentFiles()
    let index = place.appending(path: Self.filesName), outputs = place.appending(path: Self.outputsName)
    if StoreFiles.exists(index) {
      for (path, name) in try CanonicalFile.read([String: Fingerprint].self, from: index) {
        let file = place.appending(path: Self.filesFolder).appending(path: name.hexadecimal)
        let data = try StoreFiles.data(of: file)
        guard Fingerprint(ofBytes: data) == name else {
          throw RecordsError.damaged(folder: place.path, reason: "the copy of \(path) is not what its name says")
        }
        files.files[path] = data
      }
    }
    if StoreFiles.exists(outputs) {
      for (stage, output) in try CanonicalFile.read([String: Fingerprint].self, from: outputs) {
        if let stage = Fingerprint(hexadecimal: stage) { files.outputs[stage] = output }
      }
    }
    return files
  }
}
