import Experiments
import Records
import Stages

/// The cells' answers that come to a number, and how many of these are right.
struct NumbersSection: Sendable {
  let results: ExperimentResults
  let store: ArtifactStore

  /// The tables; nil where no set asks for numbers.
  var markdown: String? {
    let sets = results.numberedSets
    guard !sets.isEmpty else { return nil }
    var text = ""
    for set in sets {
      let rows = results.done.compactMap { cell in
        ExperimentResults.numbers(cell, on: set).map { (cell.record.label, $0) }
      }
      let isTooLong = rows.contains { $0.1.tooLong != nil }
      var table = MarkdownTable(
        [.init(MarkdownText.escaped(set))]
          + (["right", "no number"] + (isTooLong ? ["too long"] : []) + ["n", "mean tokens"]).map { .init($0, .right) })
      for (label, numbers) in rows {
        table.append(
          [
            MarkdownText.code(label),
            NumberText.interval(numbers.rate.value, low: numbers.rate.low, high: numbers.rate.high),
            "\(numbers.withoutNumber)",
          ] + (isTooLong ? ["\(numbers.tooLong ?? 0)"] : []) + [
            "\(numbers.count)", NumberText.fixed(numbers.meanTokens, decimals: 1),
          ])
      }
      text += table.markdown + "\n"
    }
    text += "An answer is right where its last number is that of the reference answer. 95 % intervals: Wilson's.\n"
    if let comparisons { text += "\n" + comparisons }
    return text
  }

  /// Each cell against the first baseline on the same questions.
  private var comparisons: String? {
    let reference = results.done.first { $0.record.isBaseline } ?? results.done.first
    let others = results.done.filter { $0.record.label != reference?.record.label }
    guard let reference else { return nil }
    let sets = results.numberedSets, theirs = sets.map { outcomes(of: reference.record, on: $0) }
    let rows = others.map { cell in
      (
        label: cell.record.label,
        comparisons: zip(sets, theirs).map { PairedComparison(outcomes(of: cell.record, on: $0), with: $1) }
      )
    }
    return PairedComparison.table(columns: sets.map { "\(MarkdownText.escaped($0)): Δ right" }, rows: rows).map {
      "Against \(MarkdownText.code(reference.record.label)), on the same questions: exact McNemar tests, two-sided, "
        + "with Holm's correction over the table; bold below 0.05.\n\n" + $0
    }
  }

  private func outcomes(of cell: CellRecord, on set: String) -> [PairedComparison.Outcome]? {
    guard let fingerprint = cell.stage(.numbers, named: set), let artifact = try? store.artifact(fingerprint),
      let rows = try? RowFile.read(NumberAnswer.self, from: artifact.file("numbers.jsonl"))
    else { return nil }
    return rows.map { .init(id: $0.id, value: $0.isRight ? 1 : 0) }
  }
}
