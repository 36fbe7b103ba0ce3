import Experiments
import Pages
import Records
import Stages

/// One answer of each kind token by token, under the best of the cells that combine several streams.
struct TokensSection: Sendable {
  /// The section's text; nil where no answer may be shown.
  let markdown: String?
  /// The pictures.
  let files: [ReportFile]

  /// At most so many of the tokens that the contrast changed are listed.
  private static let listed = 12

  init(results: ExperimentResults, store: ArtifactStore, showsWithheld: Bool) {
    // The best cell may have one stream alone; then the next best that has several.
    let cells = [results.best].compactMap(\.self) + results.done.sorted { ($0.gap ?? -1) > ($1.gap ?? -1) }
    var text = "", files: [ReportFile] = []
    for kind in [InstructionKind.harmful, .harmless] {
      let found = cells.lazy.compactMap { cell in
        Self.answer(of: cell, kind: kind, in: store, showsWithheld: showsWithheld).map { (cell, $0) }
      }.first
      guard let (cell, answer) = found else { continue }
      let view = TokenView(
        title: "What the contrast did to one answer (\(cell.record.label))",
        note:
          "A \(kind.rawValue) request, \(answer.label.rawValue). Color: each token's probability, combined against the "
          + "first stream alone", trace: answer.trace)
      guard let svg = view.svg else { continue }
      let file = ReportFile(name: "tokens-\(kind.rawValue).svg", contents: svg)
      files.append(file)
      text +=
        "### \(kind == .harmful ? "A harmful" : "A harmless") request: \(MarkdownText.escaped(answer.instruction))\n\n"
      text += "![\(view.title)](\(file.name))\n\n" + Self.changes(in: answer.trace)
    }
    markdown = text.isEmpty ? nil : text
    self.files = files
  }

  private struct Answer {
    var instruction: String
    var label: Verdict.Label
    var trace: AnswerTrace
  }

  /// The first traced answer that may be shown and whose contrast changed something, or else the first that may be
  /// shown.
  private static func answer(
    of cell: ExperimentResults.Cell, kind: InstructionKind, in store: ArtifactStore, showsWithheld: Bool
  ) -> Answer? {
    var candidates: [Answer] = []
    for set in cell.metrics.sets where set.kind == kind {
      let harm = HarmCalls(of: cell.record, on: set.set, in: store)
      guard let stage = cell.record.stage(.generations, named: set.set), let artifact = try? store.artifact(stage),
        let traces = try? RowFile.read(AnswerTrace.self, from: artifact.file("traces.jsonl")),
        let generations = try? RowFile.read(Generation.self, from: artifact.file("generations.jsonl")),
        let judged = cell.record.stage(.verdicts, named: set.set), let verdicts = try? store.artifact(judged),
        let labels = try? RowFile.read(Verdict.self, from: verdicts.file("verdicts.jsonl"))
      else { continue }
      for trace in traces where !trace.tokens.isEmpty {
        guard let generation = generations.first(where: { $0.id == trace.id }),
          let label = labels.first(where: { $0.id == trace.id })?.label
        else { continue }
        var trace = trace
        if kind == .harmful, !showsWithheld {
          // What a model thinks before it refuses may be what it refuses to say.
          guard Disclosure(kind: kind, label: label, isCalledHarmful: harm.contains(trace.id)) != .nothing,
            generation.said == generation.text
          else { continue }
          trace = opening(of: trace)
        }
        candidates.append(Answer(instruction: generation.instruction, label: label, trace: trace))
      }
    }
    return candidates.first {
      Judgment.Label(notAsked: $0.label) == nil && $0.trace.tokens.contains { $0.insteadOf != nil }
    }
      ?? candidates.first { Judgment.Label(notAsked: $0.label) == nil } ?? candidates.first
  }

  private static func opening(of trace: AnswerTrace) -> AnswerTrace {
    var length = 0
    return AnswerTrace(
      id: trace.id,
      tokens: Array(
        trace.tokens.prefix { token in
          length += token.text.count
          return length <= Disclosure.longestOpening
        }))
  }

  private static func changes(in trace: AnswerTrace) -> String {
    let changed = trace.tokens.enumerated().filter { $1.insteadOf != nil }
    guard !changed.isEmpty, let streams = trace.tokens.first?.streams.count else {
      return "The contrast changed no choice of this answer: the first stream alone would have said the same.\n\n"
    }
    var table = MarkdownTable(
      [.init("place", .right), .init("token"), .init("instead of")]
        + (1...streams).map { .init("stream \($0)", .right) } + [.init("combined", .right)])
    for (place, token) in changed.prefix(Self.listed) {
      table.append(
        [
          "\(place + 1)", MarkdownText.code(TokenView.shown(token.text)),
          MarkdownText.code(TokenView.shown(token.insteadOf ?? "")),
        ] + token.streams.map(TokenView.share) + [TokenView.share(token.combined)])
    }
    let rest = changed.count - min(changed.count, Self.listed)
    return
      "Tokens that the first stream alone would not have taken, with their probability under each stream and in the "
      + "combination\(rest > 0 ? " (\(rest) more are left out)" : ""):\n\n" + table.markdown + "\n"
  }
}
