import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Reporting

struct EnginesSectionTests {
  private func results(_ cells: [(label: String, overrides: [Override], refused: Double)]) -> ExperimentResults {
    let records = cells.map { cell in
      let metrics = SetMetrics(
        set: "set", kind: .harmful, count: 10, refused: Int(cell.refused * 10), answered: 0, degenerate: 0,
        refusalRate: cell.refused, low: 0, high: 1, degenerateRate: 0, meanTokens: 1)
      return CellRecord(
        label: cell.label, overrides: cell.overrides, isBaseline: false,
        stages: [StageReference(kind: .generations, name: "set", fingerprint: Fingerprint(of: .string(cell.label)))],
        metrics: CellMetrics(sets: [metrics]), failure: nil)
    }
    return ExperimentResults(
      ExperimentRecord(
        fingerprint: Fingerprint(of: "x"), name: "n", question: "", cells: records, started: Date(), finished: nil,
        environment: [:], toolVersion: "0"))
  }

  private func engine(_ name: String) -> Override { Override(path: "engine", value: .string(name)) }
  private func alpha(_ alpha: Double) -> Override { Override(path: "decoding.alpha", value: .number(alpha)) }

  /// Answers of some tokens, under the name that a cell's stage has in these tests.
  private func answers(_ tokens: [[Int]], in sample: SampleStore) throws -> Fingerprint {
    let stage = Stage(kind: .generations, parameters: [:], inputs: [], seed: tokens.count + tokens[0][0], label: "")
    return try sample.commit(stage, seconds: 1) { folder in
      let rows = tokens.enumerated().map { place, tokens in
        Generation(id: "\(place)", instruction: "?", text: "", tokens: tokens, finish: .end)
      }
      try RowFile.write(rows, to: folder.appending(path: "generations.jsonl"))
    }
  }

  @Test func cellsStandBesideTheOtherEngines() throws {
    let sample = try SampleStore()
    defer { sample.remove() }
    let results = results([
      ("native, α 0.2", [engine("native"), alpha(0.2)], 0.5), ("native, α 0.4", [engine("native"), alpha(0.4)], 0.9),
      ("transformers, α 0.2", [engine("transformers"), alpha(0.2)], 0.6), ("alone", [alpha(1)], 0.1),
    ])
    let text = try #require(EnginesSection(results: results, store: sample.store).markdown)
    #expect(text.contains("`native, α 0.2`") && text.contains("`transformers, α 0.2`"))
    #expect(!text.contains("α 0.4") && !text.contains("alone"))
    #expect(text.contains("0.50") && text.contains("0.60"))

    let ours = try answers([[1, 2], [3]], in: sample), theirs = try answers([[2, 2], [3]], in: sample)
    var cells: [CellRecord] = []
    for (label, engineName, stage) in [("a", "native", ours), ("b", "transformers", theirs)] {
      cells.append(
        CellRecord(
          label: label, overrides: [engine(engineName)], isBaseline: false,
          stages: [StageReference(kind: .generations, name: "set", fingerprint: stage)],
          metrics: CellMetrics(sets: []), failure: nil))
    }
    let record = ExperimentRecord(
      fingerprint: Fingerprint(of: "x"), name: "n", question: "", cells: cells, started: Date(), finished: nil,
      environment: [:], toolVersion: "0")
    let beside = try #require(EnginesSection(results: ExperimentResults(record), store: sample.store).markdown)
    #expect(beside.contains("1 of 2"), "\(beside)")
  }

  @Test func oneEngineHasNoSection() throws {
    let sample = try SampleStore()
    defer { sample.remove() }
    #expect(EnginesSection(results: results([("a", [alpha(1)], 0.5)]), store: sample.store).markdown == nil)
  }
}
