import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Reporting

struct SeedsSectionTests {
  private func results(_ cells: [(label: String, overrides: [Override], refused: Double)]) -> ExperimentResults {
    let records = cells.map { cell in
      let metrics = SetMetrics(
        set: "set", kind: .harmful, count: 10, refused: Int(cell.refused * 10), answered: 0, degenerate: 0,
        refusalRate: cell.refused, low: 0, high: 1, degenerateRate: 0, meanTokens: 1)
      return CellRecord(
        label: cell.label, overrides: cell.overrides, isBaseline: false, stages: [],
        metrics: CellMetrics(sets: [metrics]), failure: nil)
    }
    return ExperimentResults(
      ExperimentRecord(
        fingerprint: Fingerprint(of: "x"), name: "n", question: "", cells: records, started: Date(), finished: nil,
        environment: [:], toolVersion: "0"))
  }

  private func seed(_ seed: Int) -> Override { Override(path: "seed", value: .integer(seed)) }
  private func alpha(_ alpha: Double) -> Override { Override(path: "decoding.alpha", value: .number(alpha)) }

  @Test func groupsWhatDiffersInTheSeedAlone() throws {
    let results = results([
      ("seed 1, α 0.2", [seed(1), alpha(0.2)], 0.5), ("seed 1, α 0.4", [seed(1), alpha(0.4)], 0.9),
      ("seed 2, α 0.2", [seed(2), alpha(0.2)], 0.7), ("seed 2, α 0.4", [seed(2), alpha(0.4)], 0.9),
      ("seed 3, α 0.2", [seed(3), alpha(0.2)], 0.6),
    ])
    let text = try #require(SeedsSection(results: results).markdown)
    // 0.6 ± 0.1; the half width is 4.303 · 0.1/√3.
    #expect(text.contains("| `α 0.2` |     3 | 0.60 ± 0.10 [0.35, 0.85] |"))
    #expect(text.contains("| `α 0.4` |     2 | 0.90 ± 0.00 [0.90, 0.90] |"))
  }

  @Test func oneSeedHasNoSpread() {
    #expect(SeedsSection(results: results([("seed 1", [seed(1)], 0.5)])).markdown == nil)
    #expect(SeedsSection(results: results([("a", [alpha(1)], 0.5), ("b", [alpha(2)], 0.5)])).markdown == nil)
  }
}
