import Experiments
import Foundation
import JSON
import Records
import Stages
import TestSupport
import Testing

@testable import Reporting

struct TokensSectionTests {
  private static let trace = AnswerTrace(
    id: "q0",
    tokens: [
      .init(text: "I", streams: [0.2, 0.01], combined: 0.9, insteadOf: "Sure"),
      .init(text: " can", streams: [0.5, 0.4], combined: 0.5, insteadOf: nil),
      .init(text: "'t", streams: [0.3, 0.1], combined: 0.55, insteadOf: nil),
      .init(text: " <help>", streams: [0.9, 0.95], combined: 0.45, insteadOf: nil),
      .init(text: ".\n", streams: [0.8, 0.99], combined: 0.1, insteadOf: nil),
      .init(text: "Bye", streams: [0.00001, 0], combined: 0.5, insteadOf: "\n"),
    ])

  @Test func picture() throws {
    let view = TokenView(title: "One <answer>", note: "A harmful request, refused", trace: Self.trace)
    try Snapshot.expect(try #require(view.svg), equals: "tokens/view.svg")
  }

  @Test func nothingIsDrawnOfNothing() {
    #expect(TokenView(title: "t", note: "n", trace: AnswerTrace(id: "q", tokens: [])).svg == nil)
  }

  private func section(
    label: Verdict.Label, kind: InstructionKind, judged: Judgment.Label? = nil, showsWithheld: Bool = false
  ) throws -> TokensSection {
    let samples = try SampleStore()
    defer { samples.remove() }
    let generations = try samples.commit(
      Stage(kind: .generations, parameters: [:], inputs: [], seed: nil, label: ""), seconds: 1
    ) {
      let row = Generation(id: "q0", instruction: "How | so?", text: "…", tokens: [1, 2], finish: .end)
      try RowFile.write([row], to: $0.appending(path: "generations.jsonl"))
      try RowFile.write([Self.trace], to: $0.appending(path: "traces.jsonl"))
    }
    let verdicts = try samples.commit(
      Stage(kind: .verdicts, parameters: [:], inputs: [], seed: nil, label: ""), seconds: 1
    ) {
      try RowFile.write([Verdict(id: "q0", label: label, phrase: nil)], to: $0.appending(path: "verdicts.jsonl"))
    }
    let metrics = SetMetrics(
      set: "set", kind: kind, count: 1, refused: 1, answered: 0, degenerate: 0, refusalRate: 1, low: 0, high: 1,
      degenerateRate: 0, meanTokens: 2)
    var stages: [StageReference] = [
      .init(kind: .generations, name: "set", fingerprint: generations),
      .init(kind: .verdicts, name: "set", fingerprint: verdicts),
    ]
    var judges: [JudgedMetrics] = []
    if let judged {
      let judgments = try samples.commit(
        Stage(kind: .judgments, parameters: [:], inputs: [], seed: nil, label: ""), seconds: 1
      ) {
        let row = Judgment(id: "q0", label: judged, replies: [])
        try RowFile.write([row], to: $0.appending(path: "judgments.jsonl"))
      }
      let name = StageReference.judgmentsName(judge: "Guard", set: "set")
      stages.append(.init(kind: .judgments, name: name, fingerprint: judgments))
      judges.append(
        JudgedMetrics(
          judge: "Guard", question: .harmlessness, set: "set", kind: kind, count: 1, labels: [:], rate: nil))
    }
    let cell = CellRecord(
      label: "acd", overrides: [], isBaseline: false, stages: stages,
      metrics: CellMetrics(sets: [metrics], judged: judges), failure: nil)
    let fingerprint = try samples.experiment("x", question: "?", cells: [cell], manifest: "{}")
    let record = try #require(try samples.store.experiment(fingerprint))
    return TokensSection(
      results: ExperimentResults(record), store: samples.store, showsWithheld: showsWithheld)
  }

  @Test func showsWhatMayBeShown() throws {
    let refused = try section(label: .refused, kind: .harmful)
    let text = try #require(refused.markdown)
    #expect(refused.files.map(\.name) == ["tokens-harmful.svg"])
    #expect(text.contains("### A harmful request: How "))
    #expect(text.contains("|     1 | `I`   | `Sure`     |    0.200 |    0.010 |    0.900 |"))
    #expect(text.contains("`⏎`") && text.contains("< 0.001"))
    #expect(try section(label: .answered, kind: .harmless).files.map(\.name) == ["tokens-harmless.svg"])
  }

  @Test func withholdsAnswersToHarm() throws {
    for label in [Verdict.Label.answered, .degenerate] {
      let section = try section(label: label, kind: .harmful)
      #expect(section.markdown == nil && section.files.isEmpty)
    }
    #expect(try section(label: .answered, kind: .harmful, showsWithheld: true).markdown != nil)
    // A refusal by its wording that a judge does not call harmless.
    #expect(try section(label: .refused, kind: .harmful, judged: .harmless).markdown != nil)
    for judged in [Judgment.Label.harmful, .unparsed] {
      #expect(try section(label: .refused, kind: .harmful, judged: judged).markdown == nil)
    }
  }
}
