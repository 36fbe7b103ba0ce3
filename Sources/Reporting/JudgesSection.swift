import Experiments
import Fingerprints
import Records
import Stages
import Statistics

/// What language models say of the answers: a part a judge, and how far the judges agree.
struct JudgesSection: Sendable {
  private let results: ExperimentResults
  private let store: ArtifactStore
  private let judges: [Judge]

  /// A judge with the sets that it judged. Judges of one name that are asked otherwise, or are others, are others: on a
  /// page of several experiments there may be such.
  private struct Judge: Sendable {
    var name: String
    var asked: String
    var question: JudgeQuestion
    var sets: [String] = []

    func gave(_ entry: JudgedMetrics, of cell: ExperimentResults.Cell) -> Bool {
      entry.judge == name && cell.record.asked(entry.judge) == asked && entry.question == question
    }

    /// What this judge says of a cell's answers.
    func metrics(of cell: ExperimentResults.Cell) -> [JudgedMetrics] {
      (cell.metrics.judged ?? []).filter { gave($0, of: cell) }
    }
  }

  init(results: ExperimentResults, store: ArtifactStore) {
    self.results = results
    self.store = store
    var judges: [Judge] = []
    for cell in results.done {
      for entry in cell.metrics.judged ?? [] {
        let place =
          judges.firstIndex { $0.gave(entry, of: cell) }
          ?? {
            judges.append(
              Judge(name: entry.judge, asked: cell.record.asked(entry.judge), question: entry.question))
            return judges.count - 1
          }()
        if !judges[place].sets.contains(entry.set) { judges[place].sets.append(entry.set) }
      }
    }
    self.judges = judges
  }

  /// The section's text; nil where no language model judged.
  var markdown: String? {
    guard !judges.isEmpty else { return nil }
    return (judges.map(part) + [agreement].compactMap(\.self)).joined(separator: "\n")
  }

  private func part(of judge: Judge) -> String {
    var text = "### \(MarkdownText.escaped(judge.name)): \(judge.question.title)\n\n"
    let all = results.done.flatMap(judge.metrics)
    let served = Set(all.flatMap(\.servedBy)).sorted().map(MarkdownText.code)
    let asked = judge.asked.isEmpty ? nil : "Asked: \(MarkdownText.escaped(judge.asked))"
    let parts = [asked, served.isEmpty ? nil : "replied by \(served.joined(separator: ", "))"].compactMap(\.self)
    if !parts.isEmpty { text += parts.joined(separator: "; ") + ".\n\n" }
    let rare = [Judgment.Label.noise, .unfinished, .tooLong].filter { label in all.contains { $0.count(label) > 0 } }
    let others = judge.question.others + rare
    let isGraded = all.contains { $0.meanScore != nil }
    var table = MarkdownTable(
      [.init("cell")]
        + judge.sets.flatMap { set in
          [.init("\(MarkdownText.escaped(set)): \(judge.question.rateName)", .right)]
            + others.map { .init($0.rawValue, .right) } + (isGraded ? [.init("mean score", .right)] : [])
        })
    for cell in results.done {
      let entries = judge.sets.map { set in
        judge.metrics(of: cell).first { $0.set == set }
      }
      guard entries.contains(where: { $0 != nil }) else { continue }
      table.append(
        [MarkdownText.code(cell.record.label)]
          + entries.flatMap { entry -> [String] in
            guard let entry else { return ["–"] + others.map { _ in "–" } + (isGraded ? ["–"] : []) }
            return [Self.text(entry.rate)]
              + others.map { label in
                label == .harmful
                  ? Self.text(entry.harmfulRate)
                  : NumberText.fixed(Double(entry.count(label)) / Double(max(1, entry.count)), decimals: 2)
              } + (isGraded ? [Self.text(entry.meanScore)] : [])
          })
    }
    text += table.markdown + "\n\(Self.note(judge.question))\n"
    let causes = Self.listed(all.map(\.unparsedBecause)), categories = Self.listed(all.map(\.categories))
    if isGraded {
      text +=
        "\nThe mean score is over the answers that were graded, from 0 to 1, the more harmful the higher; its "
        + "interval is bootstrapped over the requests.\n"
    }
    if !causes.isEmpty { text += "\nReplies without a verdict that did not end by themselves: \(causes).\n" }
    if !categories.isEmpty { text += "\nCategories of harm that it named, over all cells: \(categories).\n" }
    if let comparisons = comparisons(judge, of: judge.question.counted) { text += "\n" + comparisons }
    if judge.question == .harmlessness, let comparisons = comparisons(judge, of: .harmful) {
      text += "\n" + comparisons
    }
    return text
  }

  private static func listed(_ counts: [[String: Int]]) -> String {
    counts.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(MarkdownText.escaped($0.key)) \($0.value)" }.joined(separator: ", ")
  }

  private func comparisons(_ judge: Judge, of label: Judgment.Label) -> String? {
    let judged = results.done.filter { !judge.metrics(of: $0).isEmpty }
    guard let reference = judged.first(where: { $0.record.isBaseline }) ?? judged.first else { return nil }
    let isPreference = judge.question.needs == .opponent
    let theirs = judge.sets.map { outcomes(of: reference, judge, on: $0, counting: label) }
    let rows = judged.filter { $0.record.label != reference.record.label }.map { cell in
      (
        label: cell.record.label,
        comparisons: zip(judge.sets, theirs).map { set, theirs in
          PairedComparison(
            outcomes(of: cell, judge, on: set, counting: label), with: theirs,
            as: isPreference ? .mean : PairedComparison.measure(samples: ExperimentResults.samples(cell, on: set)))
        }
      )
    }
    let name = label == .harmful ? "harmful" : judge.question.rateName
    let columns = judge.sets.map { "\(MarkdownText.escaped($0)): Δ \(name)" }
    return PairedComparison.table(columns: columns, rows: rows).map { table in
      "Against \(MarkdownText.code(reference.record.label)), on the same prompts. p: "
        + (isPreference ? "paired bootstrap" : "exact McNemar tests")
        + ", two-sided, with Holm's correction over the whole table; bold below 0.05.\n\n" + table
    }
  }

  private func outcomes(
    of cell: ExperimentResults.Cell, _ judge: Judge, on set: String, counting label: Judgment.Label
  ) -> [PairedComparison.Outcome]? {
    judgments(of: cell, by: judge, on: set)?.map { judgment -> PairedComparison.Outcome in
      .init(
        id: judgment.id,
        value: judge.question.needs == .opponent ? judgment.points : judgment.label == label ? 1 : 0)
    }.overSamples(ExperimentResults.samples(cell, on: set))
  }

  private func stage(of cell: ExperimentResults.Cell, by judge: Judge, on set: String) -> Fingerprint? {
    guard judge.metrics(of: cell).contains(where: { $0.set == set }) else { return nil }
    return cell.record.stage(.judgments, named: StageReference.judgmentsName(judge: judge.name, set: set))
  }

  private func judgments(of cell: ExperimentResults.Cell, by judge: Judge, on set: String) -> [Judgment]? {
    guard let stage = stage(of: cell, by: judge, on: set), let artifact = try? store.artifact(stage) else { return nil }
    return try? RowFile.read(Judgment.self, from: artifact.file("judgments.jsonl"))
  }

  // MARK: Agreement

  /// What two judges say of some answers, and the prompts of these.
  private struct Labels {
    var first: [String] = []
    var second: [String] = []
    var prompts: [String] = []

    mutating func add(_ one: String, _ other: String, prompt: String) {
      first.append(one)
      second.append(other)
      prompts.append(prompt)
    }
  }

  /// How far two judges of the same question agree, and each with the judge of wording where that says the same.
  private var agreement: String? {
    var table = MarkdownTable([
      .init("judges"), .init("answers", .right), .init("prompts", .right), .init("agree", .right),
      .init("Cohen's κ", .right),
    ])
    var count = 0
    for (index, first) in judges.enumerated() {
      var others = [(name: "refusal wording", labels: labelsBesideWording(first))]
      for second in judges[(index + 1)...] where second.question == first.question {
        others.append((name: second.name, labels: labels(first, second)))
      }
      for (name, labels) in others {
        guard let kappa = ClusteredKappa(labels.first, labels.second, prompts: labels.prompts) else { continue }
        count += 1
        table.append([
          "\(MarkdownText.escaped(first.name)), \(MarkdownText.escaped(name))", "\(kappa.kappa.count)",
          "\(kappa.prompts)", NumberText.fixed(kappa.kappa.agreement, decimals: 2), Self.text(kappa),
        ])
      }
    }
    guard count > 0 else { return nil }
    return "### Agreement\n\n\(table.markdown)\n"
      + "Over all cells and sets that both judged. An answer that several cells share counts once; one that either "
      + "calls noise, or gives no verdict on, is left out. Beside a judge of harmlessness, a refusal by wording is "
      + "read as harmless and an answer as harmful. κ is 0 where two judges agree as chance would have it and 1 where "
      + "they always do; in brackets its 95 % interval, bootstrapped over the prompts. It is \"–\" where both give one "
      + "label to all.\n"
  }

  private func labels(_ first: Judge, _ second: Judge) -> Labels {
    var labels = Labels(), seen: Set<[Fingerprint]> = []
    for cell in results.done {
      for set in first.sets where second.sets.contains(set) {
        guard let one = stage(of: cell, by: first, on: set), let other = stage(of: cell, by: second, on: set),
          seen.insert([one, other]).inserted, let mine = judgments(of: cell, by: first, on: set),
          let theirs = judgments(of: cell, by: second, on: set), mine.map(\.id) == theirs.map(\.id)
        else { continue }
        for (mine, theirs) in zip(mine, theirs) where Self.isVerdict(mine.label) && Self.isVerdict(theirs.label) {
          labels.add(mine.label.rawValue, theirs.label.rawValue, prompt: "\(set)/\(mine.id)")
        }
      }
    }
    return labels
  }

  /// The judge's labels beside what the judge of wording says; none where the questions have nothing in common.
  private func labelsBesideWording(_ judge: Judge) -> Labels {
    let words = judge.question.besideWording
    guard !words.isEmpty else { return Labels() }
    var labels = Labels(), seen: Set<Fingerprint> = []
    for cell in results.done {
      for set in judge.sets {
        guard let own = stage(of: cell, by: judge, on: set), seen.insert(own).inserted,
          let judgments = judgments(of: cell, by: judge, on: set),
          let stage = cell.record.stage(.verdicts, named: set), let artifact = try? store.artifact(stage),
          let verdicts = try? RowFile.read(Verdict.self, from: artifact.file("verdicts.jsonl")),
          verdicts.map(\.id) == judgments.map(\.id)
        else { continue }
        for (judgment, verdict) in zip(judgments, verdicts) where Self.isVerdict(judgment.label) {
          guard let word = words[verdict.label] else { continue }
          labels.add(judgment.label.rawValue, word.rawValue, prompt: "\(set)/\(judgment.id)")
        }
      }
    }
    return labels
  }

  // MARK: Words

  private static func isVerdict(_ label: Judgment.Label) -> Bool {
    !Judgment.Label.notAsked.contains(label) && label != .unparsed
  }

  private static func note(_ question: JudgeQuestion) -> String {
    question.needs == .opponent
      ? "The win rate is the mean over the answers with a verdict, a tie counting one half; a pair is asked about in "
        + "both orders, and is a tie where the judge says otherwise in the other order. Intervals of 95 %, "
        + "bootstrapped over the requests."
      : "Shares of all answers, with 95 % Wilson intervals. Noise is not asked about, and what holds no verdict is "
        + "not guessed: both stay in the denominator, in columns of their own."
  }

  private static func text(_ estimate: Estimate?) -> String {
    estimate.map { NumberText.interval($0.value, low: $0.low, high: $0.high) } ?? "–"
  }

  private static func text(_ kappa: ClusteredKappa) -> String {
    guard let value = kappa.kappa.kappa else { return "–" }
    guard let interval = kappa.interval else { return NumberText.fixed(value, decimals: 2) }
    return NumberText.interval(value, low: interval.lowerBound, high: interval.upperBound)
  }
}
