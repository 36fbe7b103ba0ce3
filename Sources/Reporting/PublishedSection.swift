import Experiments
import Records
import Stages

/// What publications report for the same cells and sets, in columns beside what was measured here.
struct PublishedSection: Sendable {
  let results: ExperimentResults
  let published: [PublishedValues]

  /// The tables, one a set, and their sources; nil where the manifest names none.
  var markdown: String? {
    guard !published.isEmpty else { return nil }
    var text = ""
    for set in results.sets + results.numberedSets {
      let rows = results.record.cells.filter { cell in
        published.contains { $0.value(cell: cell.label, set: set) != nil }
      }
      guard !rows.isEmpty else { continue }
      let judges = judges(of: set), isNumbered = results.numberedSets.contains(set)
      var table = MarkdownTable(
        [.init(MarkdownText.escaped(set)), .init(isNumbered ? "here, right" : "here, by wording", .right)]
          + judges.map { .init("here, by \(MarkdownText.escaped($0))", .right) }
          + published.map { .init(MarkdownText.escaped($0.name), .right) })
      for cell in rows {
        let done = results.done.first { $0.record.label == cell.label }
        let refused = done.flatMap { ExperimentResults.metrics($0, on: set) }.map {
          Estimate(value: $0.refusalRate, low: $0.low, high: $0.high)
        }
        let here = refused ?? done.flatMap { ExperimentResults.numbers($0, on: set)?.rate }
        let judged = judges.map { judge in
          done?.metrics.judged?.first { $0.judge == judge && $0.set == set && $0.question != .refusal }?.rate
            .map { NumberText.interval($0.value, low: $0.low, high: $0.high) } ?? "–"
        }
        table.append(
          [
            MarkdownText.code(cell.label),
            here.map { NumberText.interval($0.value, low: $0.low, high: $0.high) } ?? "–",
          ]
            + judged
            + published.map { column in
              column.value(cell: cell.label, set: set).map { NumberText.fixed($0, decimals: 2) } ?? "–"
            })
      }
      text += table.markdown + "\n"
    }
    guard !text.isEmpty else { return nil }
    let sources = published.map { "- \(MarkdownText.escaped($0.name)): \(MarkdownText.escaped($0.source))\n" }
    return text
      + "\"By wording\" is the share refused, on this experiment's model, and beside it the judges' own rates; the "
      + "published "
      + "values are by their authors' judge on their models. Only directions compare.\n\n" + sources.joined()
  }

  private func judges(of set: String) -> [String] {
    results.done.flatMap { $0.metrics.judged ?? [] }.filter { $0.set == set && $0.question != .refusal }
      .reduce(into: [String]()) { names, entry in if !names.contains(entry.judge) { names.append(entry.judge) } }
  }
}
