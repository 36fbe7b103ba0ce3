import Experiments
import Records
import Statistics

/// What language models say of the answers: a part a judge, and how far the judges agree.
struct JudgesSection: Sendable {
  private let results: ExperimentResults
  private let store: ArtifactStore
  private let judges: [Judge]

  /// A judge with the sets that it judged.
  private struct Judge: Sendable {
    var name: String
    var question: JudgeSettings.Question
    var sets: [String] = []
  }

  init(results: ExperimentResults, store: ArtifactStore) {
    self.results = results
    self.store = store
    var judges: [Judge] = []
    for entry in results.done.flatMap({ $0.metrics.judged ?? [] }) {
      let place =
        judges.firstIndex { $0.name == entry.judge && $0.question == entry.question }
        ?? {
          judges.append(Judge(name: entry.judge, question: entry.question))
          return judges.count - 1
        }()
      if !judges[place].sets.contains(entry.set) { judges[place].sets.append(entry.set) }
    }
    self.judges = judges
  }

  /// The section's text; nil where no language model judged.
  var markdown: String? {
    guard !judges.isEmpty else { return nil }
    return (judges.map(part) + [agreement].compactMap(\.self)).joined(separator: "\n")
  }

  private func part(of judge: Judge) -> String {
    var text = "### \(MarkdownText.escaped(judge.name)): \(Self.title(judge.question))\n\n"
    let others = Self.others(judge.question)
    var table = MarkdownTable(
      [.init("cell")]
        + judge.sets.flatMap { set in
          [.init("\(MarkdownText.escaped(set)): \(Self.rateName(judge.question))", .right)]
            + others.map { .init($0.rawValue, .right) }
        })
    for cell in results.done {
      let entries = judge.sets.map { set in
        cell.metrics.judged?.first { $0.judge == judge.name && $0.set == set && $0.question == judge.question }
      }
      guard entries.contains(where: { $0 != nil }) else { continue }
      table.append(
        [MarkdownText.code(cell.record.label)]
          + entries.flatMap { entry -> [String] in
            guard let entry else { return ["–"] + others.map { _ in "–" } }
            return [Self.text(entry.rate)]
              + others.map { NumberText.fixed(Double(entry.count($0)) / Double(max(1, entry.count)), decimals: 2) }
          })
    }
    text += table.markdown + "\n\(Self.note(judge.question))\n"
    if let comparisons = comparisons(judge) { text += "\n" + comparisons }
    return text
  }

  private func comparisons(_ judge: Judge) -> String? {
    let judged = results.done.filter { cell in cell.metrics.judged?.contains { $0.judge == judge.name } == true }
    guard let reference = judged.first(where: { $0.record.isBaseline }) ?? judged.first else { return nil }
    let theirs = judge.sets.map { outcomes(of: reference.record, judge, on: $0) }
    let rows = judged.filter { $0.record.label != reference.record.label }.map { cell in
      (
        label: cell.record.label,
        comparisons: zip(judge.sets, theirs).map { set, theirs in
          PairedComparison(outcomes(of: cell.record, judge, on: set), with: theirs)
        }
      )
    }
    let columns = judge.sets.map { "\(MarkdownText.escaped($0)): Δ \(Self.rateName(judge.question))" }
    return PairedComparison.table(columns: columns, rows: rows).map { table in
      "Against \(MarkdownText.code(reference.record.label)), on the same prompts. p: "
        + (judge.question == .preference ? "paired bootstrap" : "exact McNemar tests")
        + ", two-sided, with Holm's correction over the whole table; bold below 0.05.\n\n" + table
    }
  }

  private func outcomes(of cell: CellRecord, _ judge: Judge, on set: String) -> [PairedComparison.Outcome]? {
    judgments(of: cell, by: judge.name, on: set)?.map { judgment in
      let isHit = judgment.label == Self.counted(judge.question)
      return .init(id: judgment.id, value: judge.question == .preference ? judgment.points : isHit ? 1 : 0)
    }
  }

  private func judgments(of cell: CellRecord, by judge: String, on set: String) -> [Judgment]? {
    guard
      let stage = cell.stage(.judgments, named: CellRecord.judgmentsName(judge: judge, set: set)),
      let artifact = try? store.artifact(stage)
    else { return nil }
    return try? JSONLines.read(Judgment.self, from: artifact.file("judgments.jsonl"))
  }

  // MARK: Agreement

  /// How far two judges of the same question agree, and each with the judge of wording where that says the same.
  private var agreement: String? {
    var table = MarkdownTable([
      .init("judges"), .init("answers", .right), .init("agree", .right), .init("Cohen's κ", .right),
    ])
    var count = 0
    for (index, first) in judges.enumerated() {
      var others = [(name: "refusal wording", pairs: pairsWithWording(first))]
      for second in judges[(index + 1)...] where second.question == first.question {
        others.append((name: second.name, pairs: pairs(first, second)))
      }
      for other in others {
        guard let kappa = CohensKappa(other.pairs.map(\.0), other.pairs.map(\.1)) else { continue }
        count += 1
        table.append([
          "\(MarkdownText.escaped(first.name)), \(MarkdownText.escaped(other.name))", "\(kappa.count)",
          NumberText.fixed(kappa.agreement, decimals: 2), Self.text(kappa),
        ])
      }
    }
    guard count > 0 else { return nil }
    return "### Agreement\n\n\(table.markdown)\n"
      + "Over all cells and sets that both judged; answers that one of them calls noise, or has no verdict on, are left out. "
      + "Beside a judge of harmlessness, a refusal by wording is read as harmless and an answer as harmful. κ is 0 where two "
      + "judges agree as chance would have it and 1 where they always do; in brackets its 95 % interval. It is \"–\" where both "
      + "give one label to all.\n"
  }

  private func pairs(_ first: Judge, _ second: Judge) -> [(String, String)] {
    results.done.flatMap { cell in
      first.sets.filter(second.sets.contains).flatMap { set -> [(String, String)] in
        guard let mine = judgments(of: cell.record, by: first.name, on: set),
          let theirs = judgments(of: cell.record, by: second.name, on: set), mine.map(\.id) == theirs.map(\.id)
        else { return [] }
        return zip(mine, theirs).compactMap { mine, theirs in
          guard Self.isVerdict(mine.label), Self.isVerdict(theirs.label) else { return nil }
          return (mine.label.rawValue, theirs.label.rawValue)
        }
      }
    }
  }

  /// The judge's labels beside what the judge of wording says; none where the questions have nothing in common.
  private func pairsWithWording(_ judge: Judge) -> [(String, String)] {
    let words: [Verdict.Label: Judgment.Label]
    switch judge.question {
    case .harmlessness: words = [.refused: .harmless, .answered: .harmful]
    case .refusal: words = [.refused: .refusal, .answered: .compliance]
    case .truthfulness, .preference: return []
    }
    return results.done.flatMap { cell in
      judge.sets.flatMap { set -> [(String, String)] in
        guard let judgments = judgments(of: cell.record, by: judge.name, on: set),
          let stage = cell.record.stage(.verdicts, named: set), let artifact = try? store.artifact(stage),
          let verdicts = try? JSONLines.read(Verdict.self, from: artifact.file("verdicts.jsonl")),
          verdicts.map(\.id) == judgments.map(\.id)
        else { return [] }
        return zip(judgments, verdicts).compactMap { judgment, verdict in
          guard Self.isVerdict(judgment.label), let word = words[verdict.label] else { return nil }
          return (judgment.label.rawValue, word.rawValue)
        }
      }
    }
  }

  // MARK: Words

  private static func isVerdict(_ label: Judgment.Label) -> Bool { label != .degenerate && label != .unparsed }

  private static func counted(_ question: JudgeSettings.Question) -> Judgment.Label {
    switch question {
    case .harmlessness: .harmless
    case .refusal: .refusal
    case .truthfulness: .truthful
    case .preference: .win
    }
  }

  /// The other labels, each a column.
  private static func others(_ question: JudgeSettings.Question) -> [Judgment.Label] {
    switch question {
    case .harmlessness: [.harmful, .degenerate, .unparsed]
    case .refusal: [.partial, .compliance, .degenerate, .unparsed]
    case .truthfulness: [.untruthful, .degenerate, .unparsed]
    case .preference: [.tie, .unparsed]
    }
  }

  private static func title(_ question: JudgeSettings.Question) -> String {
    switch question {
    case .harmlessness: "are the answers harmless?"
    case .refusal: "do the answers refuse?"
    case .truthfulness: "are the answers true?"
    case .preference: "which answer is better?"
    }
  }

  /// What a judge's rate is called.
  static func rateName(_ question: JudgeSettings.Question) -> String {
    switch question {
    case .harmlessness: "harmless"
    case .refusal: "refused"
    case .truthfulness: "truthful"
    case .preference: "win rate"
    }
  }

  private static func note(_ question: JudgeSettings.Question) -> String {
    question == .preference
      ? "The win rate is the mean over the answers with a verdict, a tie counting one half; a pair is asked about in both "
        + "orders, and is a tie where the judge says otherwise in the other order. Intervals of 95 %, bootstrapped over the "
        + "requests."
      : "Shares of all answers, with 95 % Wilson intervals. Noise is not asked about, and what holds no verdict is not guessed: "
        + "both stay in the denominator, in columns of their own."
  }

  private static func text(_ estimate: Estimate?) -> String {
    estimate.map { NumberText.interval($0.value, low: $0.low, high: $0.high) } ?? "–"
  }

  private static func text(_ kappa: CohensKappa) -> String {
    guard let value = kappa.kappa, let error = kappa.standardError else { return "–" }
    return NumberText.interval(value, low: max(-1, value - 1.96 * error), high: min(1, value + 1.96 * error))
  }
}
