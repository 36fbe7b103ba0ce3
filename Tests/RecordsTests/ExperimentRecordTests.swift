import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@Suite struct ExperimentRecordTests {
  private let scratch: ScratchFolder
  private let store: ArtifactStore

  init() throws {
    scratch = try ScratchFolder()
    store = ArtifactStore(folder: scratch.url)
  }

  @Test func keepsTheRecordAndTheManifestsBytes() throws {
    let experiment = Samples.experiment("alpha", started: 1000)
    let manifest = Data("{ \"name\" : \"alpha\" }\n\n".utf8)
    #expect(try store.experiment(experiment.fingerprint) == nil)
    try store.write(experiment, manifest: manifest)
    #expect(try store.experiment(experiment.fingerprint) == experiment)
    #expect(try store.manifest(of: experiment.fingerprint) == manifest)
    #expect(try store.fingerprints(of: .experiments) == [experiment.fingerprint])
  }

  @Test func aLaterRunReplacesTheRecordAndLeavesNoOtherFile() throws {
    try store.write(Samples.experiment("alpha", started: 1000), manifest: Data("1".utf8))
    let later = Samples.experiment("alpha", started: 2000, finished: 3000)
    try store.write(later, manifest: Data("2".utf8))
    #expect(try store.experiment(later.fingerprint) == later)
    let place = "experiments/\(later.fingerprint.hexadecimal.prefix(2))/\(later.fingerprint.hexadecimal.dropFirst(2))"
    #expect(try scratch.names(place) == ["manifest.json", "record.json"])
  }

  @Test func theStatusFollowsMetricsAndFailure() {
    func status(_ metrics: CellMetrics?, _ failure: String?) -> CellRecord.Status {
      CellRecord(label: "", overrides: [], isBaseline: false, stages: [], metrics: metrics, failure: failure).status
    }
    #expect(status(nil, nil) == .pending)
    #expect(status(CellMetrics(sets: []), nil) == .done)
    #expect(status(nil, "no") == .failed)
  }

  @Test func referencesNameEveryStageOfAPlannedCell() throws {
    let manifest = try Manifest(["name": "x"])
    let fingerprint = Fingerprint(of: "any")
    let materials = Materials(
      models: [manifest.settings.model: .init(weights: fingerprint, tokenizer: fingerprint)],
      files: Dictionary(uniqueKeysWithValues: manifest.files.map { ($0, Fingerprint(of: .string($0))) }))
    let cell = try #require(try Plan(manifest: manifest, materials: materials).cells.first)
    let references = cell.stages
    #expect(references.last?.fingerprint == cell.metrics)
    #expect(references.allSatisfy { cell.stage($0.kind, named: $0.name) == $0.fingerprint })
    #expect(
      references.map { "\($0.kind.rawValue) \($0.name)" } == [
        "anchors ", "prompt safeguarding", "prompt adversarial", "generations held-out harmful",
        "generations held-out harmless", "typicality held-out harmful", "typicality held-out harmless",
        "fluency held-out harmful", "fluency held-out harmless", "verdicts held-out harmful",
        "verdicts held-out harmless", "metrics ",
      ])
    let record = CellRecord(
      label: cell.label, overrides: [], isBaseline: false, stages: references, metrics: nil, failure: nil)
    #expect(record.stage(.verdicts, named: "held-out harmless") == cell.stages[10].fingerprint)
  }
}
