import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import TestSupport
import Testing

@testable import Reporting

struct AttacksSectionTests {
  private func set(
    _ name: String, refused: Int, attack: String? = nil, samples: SampleMetrics? = nil,
    categories: [CategoryMetrics] = []
  ) -> SetMetrics {
    SetMetrics(
      set: name, kind: .harmful, count: 20, refused: refused, answered: 19 - refused, degenerate: 1,
      refusalRate: Double(refused) / 20, low: 0, high: 1, degenerateRate: 0.05, meanTokens: 3, categories: categories,
      attack: attack.map { AttackedSet(name: $0, plain: "AdvBench") }, samples: samples)
  }

  private func attack(
    _ name: String, succeeded: Int, of refused: Int, pValue: Double, within: Estimate? = nil
  ) -> AttackMetrics {
    let rate = Double(succeeded) / Double(max(1, refused))
    return AttackMetrics(
      set: "AdvBench under \(name)", attack: name, plain: "AdvBench", kind: .harmful, count: 20, refusedPlain: refused,
      succeeded: succeeded,
      success: refused > 0 ? Estimate(value: rate, low: max(0, rate - 0.2), high: min(1, rate + 0.2)) : nil,
      successWithin: within, difference: -Double(succeeded) / 20, pValue: pValue)
  }

  private func results(_ cells: [(label: String, metrics: CellMetrics)]) -> ExperimentResults {
    ExperimentResults(
      ExperimentRecord(
        fingerprint: Fingerprint(of: "x"), name: "n", question: "",
        cells: cells.map {
          CellRecord(
            label: $0.label, overrides: [], isBaseline: $0.label == "base", stages: [], metrics: $0.metrics,
            failure: nil)
        }, started: Date(timeIntervalSince1970: 0), finished: nil, environment: [:], toolVersion: "0"))
  }

  private var attacked: ExperimentResults {
    results([
      (
        "base",
        CellMetrics(
          sets: [
            set("AdvBench", refused: 12), set("AdvBench under base64", refused: 2, attack: "base64"),
            set("AdvBench under past-tense", refused: 6, attack: "past-tense"),
          ],
          attacks: [
            attack("base64", succeeded: 9, of: 12, pValue: 0.004),
            attack("past-tense", succeeded: 6, of: 12, pValue: 0.03),
          ])
      ),
      (
        "safe",
        CellMetrics(
          sets: [
            set("AdvBench", refused: 18), set("AdvBench under base64", refused: 17, attack: "base64"),
            set("AdvBench under past-tense", refused: 18, attack: "past-tense"),
          ],
          attacks: [
            attack("base64", succeeded: 1, of: 18, pValue: 1), attack("past-tense", succeeded: 0, of: 18, pValue: 1),
          ])
      ),
    ])
  }

  @Test func aRowForEachAttackAndCell() throws {
    let section = AttacksSection(results: attacked)
    let text = try #require(section.markdown(chart: "attacks.svg"))
    try Snapshot.expect(text, equals: "attacks/section.md")
    try Snapshot.expect(try #require(section.chart), equals: "attacks/attacks.svg")
    // Holm over four comparisons: 0.004 becomes 0.016, and 0.03 is no longer below 0.05.
    #expect(text.contains("**-0.45 (p 0.016)**") && text.contains("-0.30 (p 0.090)") && !text.contains("within k"))
  }

  /// What an attack comes to is told beside the plain sets, not among them.
  @Test func attackedSetsAreNoPartOfTheOthers() {
    let results = attacked
    #expect(results.sets == ["AdvBench"] && results.allSets.count == 3)
    #expect(!ResultsSection(results: results).table.contains("under base64"))
  }

  @Test func nothingToTurnIsNoRate() throws {
    let section = AttacksSection(
      results: results([
        (
          "base",
          CellMetrics(
            sets: [set("AdvBench", refused: 0), set("AdvBench under base64", refused: 0, attack: "base64")],
            attacks: [attack("base64", succeeded: 0, of: 0, pValue: 1)])
        )
      ]))
    #expect(section.chart == nil)
    #expect(try #require(section.markdown(chart: nil)).contains(" 0 of 20 |"))
  }

  @Test func severalAnswers() throws {
    let estimate = Estimate(value: 0.25, low: 0.1, high: 0.5)
    let samples = SampleMetrics(samples: 4, requests: 5, answered: estimate, answeredWithin: estimate)
    let results = results([
      (
        "base",
        CellMetrics(
          sets: [
            set("AdvBench", refused: 12, samples: samples),
            set("AdvBench under base64", refused: 2, attack: "base64", samples: samples),
          ], attacks: [attack("base64", succeeded: 1, of: 3, pValue: 1, within: estimate)])
      )
    ])
    let text = try #require(AttacksSection(results: results).markdown(chart: nil))
    #expect(text.contains("within k") && text.contains("0.25 [0.10, 0.50]"))
    let sampled = try #require(SampledAnswersSection(results: results).markdown)
    #expect(sampled.contains("| AdvBench under base64 |   4 |        5 |"))
    #expect(
      SampledAnswersSection(results: attacked).markdown == nil && AttacksSection(results: self.results([])).chart == nil
    )
    #expect(ResultsSection(results: results).table.contains("bootstrapped over them"))
  }

  @Test func outcomesOverSamples() {
    let outcomes = [1.0, 0, 1, 1].enumerated().map { PairedComparison.Outcome(id: "\($0)", value: $1) }
    #expect(outcomes.overSamples(2).map(\.value) == [0.5, 1] && outcomes.overSamples(2).map(\.id) == ["0", "2"])
    #expect(outcomes.overSamples(1).count == 4)
  }

  @Test func categoriesAreTables() throws {
    func results(_ count: Int) -> ExperimentResults {
      let categories = (0..<count).map {
        CategoryMetrics(category: "c\(10 + $0)", count: 4, refused: $0 % 5, answered: 4 - $0 % 5)
      }
      return self.results([("base", CellMetrics(sets: [set("own", refused: 4, categories: categories)]))])
    }
    #expect(
      CategoriesSection(results: results(1)).markdown == nil && CategoriesSection(results: attacked).markdown == nil)
    let short = try #require(CategoriesSection(results: results(3)).markdown)
    #expect(short.contains("### own\n") && short.contains("| c11      |   4 | 0.25 [0.05, 0.70] |"))
    let long = try #require(CategoriesSection(results: results(13)).markdown)
    #expect(long.contains("<details>\n<summary>own: 13 categories</summary>\n") && !long.contains("### own"))
    let export = ResultsExport(results: results(3)).files.first { $0.name == "categories.csv" }
    #expect(export?.contents.contains("base,own,harmful,c11,4,1,3\r\n") == true)
  }

  @Test func numbersForOtherPrograms() throws {
    let file = try #require(ResultsExport(results: attacked).files.first { $0.name == "attacks.csv" })
    let lines = file.contents.components(separatedBy: "\r\n")
    #expect(lines.count == 6 && lines[0].hasPrefix("cell,attack,set,plain_set,kind,count,refused_plain,"))
    #expect(lines[1].hasPrefix("base,base64,AdvBench under base64,AdvBench,harmful,20,12,9,0.75,"))
  }
}
