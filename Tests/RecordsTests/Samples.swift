import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages

/// A folder of a test's own, removed when the test ends.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("records-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func names(_ path: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.appendingPathComponent(path).path).sorted()
  }
}

enum Samples {
  /// A stage whose fingerprint follows the seed.
  static func stage(_ seed: Int) -> Stage {
    Stage(
      kind: .anchors, parameters: ["size": 3], inputs: [.init(name: "model", fingerprint: Fingerprint(of: "m"))],
      seed: seed, label: "anchors")
  }

  /// Writes an artifact of one file.
  @discardableResult
  static func artifact(_ seed: Int, text: String = "a\n", in store: ArtifactStore) throws -> Artifact {
    let pending = try store.begin(stage(seed))
    try Data(text.utf8).write(to: pending.folder.appendingPathComponent("a.txt"))
    return try store.commit(pending, environment: ["processor": "test"], counters: ["tokens": 2])
  }

  /// An experiment of two cells, one done and one failed.
  static func experiment(_ name: String, started: Double, finished: Double? = nil) -> ExperimentRecord {
    let metrics = CellMetrics(sets: [
      SetMetrics(
        set: "held-out harmful", kind: .harmful, count: 10, refused: 9, answered: 1, degenerate: 0, refusalRate: 0.9,
        low: 0.596, high: 0.982, degenerateRate: 0, meanTokens: 12.5)
    ])
    let stages = [StageReference(kind: .metrics, name: "", fingerprint: Fingerprint(of: .string("metrics of \(name)")))]
    return ExperimentRecord(
      fingerprint: Fingerprint(of: .string(name)), name: name, question: "Is it?",
      cells: [
        CellRecord(
          label: "α 0.4", overrides: [Override(path: "decoding.alpha", value: 0.4)], isBaseline: false,
          stages: stages, metrics: metrics, failure: nil),
        CellRecord(
          label: "base", overrides: [Override(path: "decoding.method", value: "base")], isBaseline: true,
          stages: stages, metrics: nil, failure: "no model"),
      ],
      started: Date(timeIntervalSince1970: started), finished: finished.map(Date.init(timeIntervalSince1970:)),
      environment: ["processor": "test"], toolVersion: "0.1")
  }
}
