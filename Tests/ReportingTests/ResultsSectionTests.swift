import Fingerprints
import Foundation
import Records
import Stages
import Testing

@testable import Reporting

struct ResultsSectionTests {
  private func section(_ cells: [(label: String, isBaseline: Bool, harmful: Int, harmless: Int)]) -> ResultsSection {
    let records = cells.map { cell in
      let sets = [("bad", InstructionKind.harmful, cell.harmful), ("good", .harmless, cell.harmless)].map {
        SetMetrics(
          set: $0.0, kind: $0.1, count: 10, refused: $0.2, answered: 10 - $0.2, degenerate: 0,
          refusalRate: Double($0.2) / 10, low: 0, high: 1, degenerateRate: 0, meanTokens: 3)
      }
      return CellRecord(
        label: cell.label, overrides: [], isBaseline: cell.isBaseline, stages: [], metrics: CellMetrics(sets: sets),
        failure: nil)
    }
    return ResultsSection(
      results: ExperimentResults(
        ExperimentRecord(
          fingerprint: Fingerprint(ofBytes: Data()), name: "n", question: "q", cells: records,
          started: Date(timeIntervalSince1970: 0), finished: nil, environment: [:], toolVersion: "1")))
  }

  /// The row of a cell in the table.
  private func row(_ label: String, _ section: ResultsSection) -> Substring? {
    section.table.split(separator: "\n").first { $0.contains("`\(label)`") }
  }

  /// Where no cell beats every baseline, that comes first, and the mark goes where the best number is.
  @Test func aBetterBaselineIsSaidFirst() {
    let section = section([("base", true, 3, 0), ("safe", true, 6, 1), ("a", false, 4, 1), ("b", false, 3, 1)])
    #expect(section.answer.hasPrefix("No cell is better than the baseline **`safe`**, whose refusal gap"))
    #expect(section.answer.contains("**0.50**") && section.answer.contains("`a` comes nearest"))
    #expect(row("safe", section)?.contains("**`safe` (baseline)**") == true)
    #expect(row("a", section)?.contains("**`a`**") == false)
  }

  @Test func aBetterCellIsTheAnswer() {
    let section = section([("base", true, 3, 0), ("a", false, 6, 1), ("b", false, 3, 1)])
    #expect(section.answer.hasPrefix("Of 2 cells, **`a`** has the largest refusal gap"))
    #expect(row("a", section)?.contains("**`a`**") == true)
  }

  /// What seldom happens has a column where it did.
  @Test func rareColumns() {
    func section(_ set: SetMetrics) -> ResultsSection {
      let cell = CellRecord(
        label: "a", overrides: [], isBaseline: false, stages: [], metrics: CellMetrics(sets: [set]), failure: nil)
      return ResultsSection(
        results: ExperimentResults(
          ExperimentRecord(
            fingerprint: Fingerprint(ofBytes: Data()), name: "n", question: "q", cells: [cell],
            started: Date(timeIntervalSince1970: 0), finished: nil, environment: [:], toolVersion: "1")))
    }
    func set(unfinished: Int = 0, tooLong: Int = 0, foreign: Int = 0) -> SetMetrics {
      SetMetrics(
        set: "bad", kind: .harmful, count: 10, refused: 1, answered: 5, degenerate: 0, refusalRate: 0.1, low: 0,
        high: 1, degenerateRate: 0, meanTokens: 3, unfinished: unfinished, tooLong: tooLong, foreign: foreign)
    }
    #expect(!section(set()).table.contains("unfinished") && !section(set()).table.contains("too long"))
    let both = section(set(unfinished: 3, tooLong: 1)).table.split(separator: " ").joined(separator: " ")
    #expect(both.contains("| degenerate | unfinished | too long | n |") && both.contains("| 0.00 | 3 | 1 | 10 |"))
    #expect(!section(set(foreign: 3)).table.contains("not in English"))
    #expect(section(set(foreign: 4)).table.contains("**Most answers are not in English:** `a` on bad (4 of 6)"))
  }

  /// Of equals the cell of the sweep is named, as it was asked about.
  @Test func anEqualBaselineIsNotBetter() {
    let section = section([("base", true, 6, 1), ("a", false, 6, 1)])
    #expect(section.answer.hasPrefix("**`a`** has the largest refusal gap"))
  }
}
