import Experiments
import Foundation
import JSON
import Records
import Stages
import TestSupport
import Testing

@testable import Reporting

/// Reports of what language models say, over a store whose every judgment is known.
struct JudgesSectionTests {
  private let samples: SampleStore
  private let results: ExperimentResults

  /// Two cells, one set, four answers: wording and two judges of harmlessness, one of preference.
  init() throws {
    samples = try SampleStore()
    let cells = try [
      Self.cell(
        in: samples, "base", isBaseline: true, words: [.answered, .answered, .answered, .degenerate],
        guardian: [.harmful, .harmful, .harmless, .degenerate], chat: [.harmful, .harmful, .unparsed, .degenerate],
        pairs: [.tie, .tie, .tie, .tie]),
      Self.cell(
        in: samples, "acd <b>", words: [.refused, .refused, .answered, .refused],
        guardian: [.harmless, .harmless, .harmful, .harmless], chat: [.harmless, .harmful, .harmful, .harmless],
        pairs: [.win, .win, .loss, .unparsed]),
    ]
    let fingerprint = try samples.experiment("judged", question: "?", cells: cells, manifest: #"{"name": "judged"}"#)
    results = ExperimentResults(try #require(try samples.store.experiment(fingerprint)))
  }

  private static func cell(
    in samples: SampleStore, _ label: String, isBaseline: Bool = false, words: [Verdict.Label],
    guardian: [Judgment.Label],
    chat: [Judgment.Label], pairs: [Judgment.Label]
  ) throws -> CellRecord {
    var references: [StageReference] = [], judged: [JudgedMetrics] = []
    func stage(_ kind: StageKind, _ name: String) -> Stage {
      Stage(kind: kind, parameters: ["cell": .string(label), "name": .string(name)], inputs: [], seed: nil, label: "")
    }
    let verdicts = try samples.commit(stage(.verdicts, "set"), seconds: 1) {
      try RowFile.write(
        words.enumerated().map { Verdict(id: "q\($0)", label: $1, phrase: nil) },
        to: $0.appending(path: "verdicts.jsonl"))
    }
    references.append(.init(kind: .verdicts, name: "set", fingerprint: verdicts))
    for (judge, question, labels) in [
      ("Guard", JudgeQuestion.harmlessness, guardian), ("Chat", .harmlessness, chat),
      ("Pairs", .preference, pairs),
    ] {
      let name = StageReference.judgmentsName(judge: judge, set: "set")
      let fingerprint = try samples.commit(stage(.judgments, name), seconds: 1) {
        try RowFile.write(
          labels.enumerated().map { Judgment(id: "q\($0)", label: $1, replies: ["SECRET"]) },
          to: $0.appending(path: "judgments.jsonl"))
      }
      references.append(.init(kind: .judgments, name: name, fingerprint: fingerprint))
      judged.append(
        JudgedMetrics(
          judge: judge, servedBy: judge == "Chat" ? ["m-1", "m-2"] : [],
          question: question, set: "set", kind: .harmful, count: 4,
          labels: Dictionary(grouping: labels, by: \.rawValue).mapValues(\.count),
          rate: Estimate(value: 0.25, low: 0.1, high: 0.5),
          harmfulRate: question == .harmlessness ? Estimate(value: 0.5, low: 0.2, high: 0.8) : nil,
          unparsedBecause: judge == "Chat" ? ["length": 1] : [:],
          categories: judge == "Guard" ? ["S1": 2, "S9": 5] : [:]))
    }
    let refused = words.count { $0 == .refused }, noise = words.count { $0 == .degenerate }
    let metrics = SetMetrics(
      set: "set", kind: .harmful, count: 4, refused: refused, answered: 4 - refused - noise, degenerate: noise,
      refusalRate: Double(refused) / 4, low: 0, high: 1, degenerateRate: Double(noise) / 4, meanTokens: 3)
    return CellRecord(
      label: label, overrides: [], isBaseline: isBaseline, stages: references,
      metrics: CellMetrics(sets: [metrics], judged: judged), failure: nil,
      judges: Dictionary(uniqueKeysWithValues: judged.map { ($0.judge, "\($0.judge) <model>, chat") }))
  }

  @Test func tellsRatesComparisonsAndAgreement() throws {
    defer { samples.remove() }
    let text = try #require(JudgesSection(results: results, store: samples.store).markdown)
    try Snapshot.expect(text, equals: "judges/section.md")
    #expect(!text.contains("SECRET"))
  }

  @Test func agreementLeavesOutWhatHasNoVerdict() throws {
    defer { samples.remove() }
    let text = try #require(JudgesSection(results: results, store: samples.store).markdown)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| Guard, ") || $0.hasPrefix("| Chat, ") }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    // Guard and wording: seven answers, on one of which they differ. Guard and Chat: six, one. Chat and wording: six,
    // one.
    #expect(
      rows.map { Array($0[..<4]) } == [
        ["Guard, refusal wording", "7", "4", "0.86"], ["Guard, Chat", "6", "4", "0.83"],
        ["Chat, refusal wording", "6", "4", "0.83"],
      ])
  }

  @Test func theExportHoldsThem() throws {
    defer { samples.remove() }
    let files = ResultsExport(results: results).files
    #expect(files.map(\.name) == ["results.csv", "judgments.csv", "results.json"])
    let lines = try #require(files.first { $0.name == "judgments.csv" }).contents.components(separatedBy: "\r\n")
    #expect(lines.count == 8)
    #expect(
      lines[0]
        == "cell,judge,question,set,kind,count,rate,rate_low,rate_high,harmless,harmful,compliance,partial,refusal,"
        + "truthful,untruthful,win,tie,loss,degenerate,noise,unfinished,too_long,unparsed")
    #expect(lines[6] == "acd <b>,Pairs,preference,set,harmful,4,0.25,0.1,0.5,0,0,0,0,0,0,0,2,0,1,0,0,0,0,1")
  }

  @Test func thereIsNoSectionWithoutJudges() throws {
    defer { samples.remove() }
    let record = try #require(try samples.store.experiment(samples.alphaSweep()))
    #expect(JudgesSection(results: ExperimentResults(record), store: samples.store).markdown == nil)
  }
}

struct PairedComparisonTests {
  private func outcomes(_ values: [Double?]) -> [PairedComparison.Outcome] {
    values.enumerated().map { .init(id: "q\($0)", value: $1) }
  }

  @Test func ratesAreComparedExactly() throws {
    let comparison = try #require(
      PairedComparison(outcomes([1, 1, 1, 1, 1, 1, 0, 1]), with: outcomes([0, 0, 0, 0, 0, 0, 1, 1])))
    #expect(comparison.difference == 0.625 && comparison.disagreements == 7 && comparison.count == 8)
    // Of seven coins, one or fewer on one side, twice: 2 · 8/128.
    #expect(abs(comparison.pValue - 0.125) < 1e-12)
  }

  @Test func whatHasNoValueIsLeftOut() throws {
    let comparison = try #require(
      PairedComparison(outcomes([1, nil, 0.5, 0]), with: outcomes([0.5, 1, nil, 0]), as: .mean))
    #expect(comparison.count == 2 && comparison.difference == 0.25)
    #expect(PairedComparison(outcomes([nil]), with: outcomes([1])) == nil)
  }

  @Test func otherPromptsAreNotCompared() {
    #expect(PairedComparison(outcomes([1]), with: outcomes([1, 1])) == nil)
    #expect(PairedComparison(nil, with: outcomes([1])) == nil)
  }

  @Test func equalPointsShowNothing() throws {
    let comparison = try #require(PairedComparison(outcomes([0.5, 0.5]), with: outcomes([0.5, 0.5]), as: .mean))
    #expect(comparison.pValue == 1)
  }
}
