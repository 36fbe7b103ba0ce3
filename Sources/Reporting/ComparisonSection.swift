import Experiments
import Records
import Stages
import Statistics

/// Each cell against one reference, on the same prompts: differences of refusal rates with exact tests.
struct ComparisonSection: Sendable {
  /// The section's markdown; nil where there are not two cells to compare.
  let markdown: String?

  init(results: ExperimentResults, store: ArtifactStore) {
    let reference = results.done.first { $0.record.isBaseline } ?? results.done.first
    let others = results.done.filter { $0.record.label != reference?.record.label }
    guard let reference, !others.isEmpty else {
      markdown = nil
      return
    }
    let theirs = results.sets.map { Self.refusals(of: reference, on: $0, in: store) }
    let rows = others.map { cell in
      (
        label: cell.record.label,
        comparisons: zip(results.sets, theirs).map { set, theirs in
          PairedComparison(
            Self.refusals(of: cell, on: set, in: store), with: theirs,
            as: PairedComparison.measure(samples: ExperimentResults.samples(cell, on: set)))
        }
      )
    }
    let columns = results.sets.map { "\(MarkdownText.escaped($0)): Δ refused" }
    guard let table = PairedComparison.table(columns: columns, rows: rows) else {
      markdown = nil
      return
    }
    var text =
      "Against \(MarkdownText.code(reference.record.label)), on the same prompts. p: exact McNemar tests, "
      + (results.isSampled ? "or the paired bootstrap over requests with several answers, " : "") + "two-sided, "
      + "with Holm's correction over the whole table; bold below 0.05.\n\n" + table
    let sizes = zip(results.sets, results.sets.indices).compactMap { set, column -> String? in
      let found = rows.compactMap { $0.comparisons[column] }
      guard let count = found.first?.count else { return nil }
      let disagreements = found.map { Double($0.disagreements) / Double($0.count) }
      let share = disagreements.reduce(0, +) / Double(disagreements.count)
      let smallest = SmallestDifference.paired(count: count, disagreement: share)
      return
        "\(MarkdownText.escaped(set)) \(smallest.map { NumberText.fixed($0, decimals: 2) } ?? "none") (n = \(count))"
    }
    text +=
      "\nThe smallest true difference that one such comparison would show in four of five samples, at the disagreement "
      + "seen here and before the correction: " + sizes.joined(separator: ", ") + ".\n"
    markdown = text
  }

  private static func refusals(
    of cell: ExperimentResults.Cell, on set: String, in store: ArtifactStore
  ) -> [PairedComparison.Outcome]? {
    guard let fingerprint = cell.record.stage(.verdicts, named: set), let artifact = try? store.artifact(fingerprint),
      let verdicts = try? RowFile.read(Verdict.self, from: artifact.file("verdicts.jsonl"))
    else { return nil }
    return verdicts.map { .init(id: $0.id, value: $0.label == .refused ? 1 : 0) }
      .overSamples(ExperimentResults.samples(cell, on: set))
  }
}
