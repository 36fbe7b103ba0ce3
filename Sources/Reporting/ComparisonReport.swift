import Experiments
package import Fingerprints
import Foundation
package import Records
import Stages

/// Several experiments on one page: all their cells in one table, with charts and paired comparisons.
///
/// Cells that were answered and judged by the same stages in several experiments stand there once.
package struct ComparisonReport: Sendable {
  /// The report's page, charts and data.
  package let page: ReportPage

  /// Makes the comparison.
  /// - Parameter fingerprints: The experiments', at least one; the first baseline of the first is what all cells are
  ///   tested against.
  /// - Throws: ``ReportingError/noExperiment(fingerprint:store:)``, or `RecordsError` where a record can't be read.
  package init(of fingerprints: [Fingerprint], in store: ArtifactStore) throws {
    precondition(!fingerprints.isEmpty, "at least one experiment")
    let records = try fingerprints.map { fingerprint in
      guard let record = try store.experiment(fingerprint) else {
        throw ReportingError.noExperiment(fingerprint: fingerprint.hexadecimal, store: store.folder.path)
      }
      return record
    }
    let (merged, weakened) = Self.merged(records, weakened: records.map { store.weakenedCells(of: $0.fingerprint) })
    let results = ExperimentResults(merged, weakened: weakened)
    let section = ResultsSection(results: results, costs: CellCosts(results: results, store: store))
    let export = ResultsExport(results: results)
    let charts = [
      ("results.svg", "Refusal rates of the cells", results.done.isEmpty ? nil : SweepChart(results: results).cells),
      ("over-refusal.svg", "Harmlessness against over-refusal", OverRefusalChart(results: results).svg),
      (
        "over-refusal-attacked.svg", "Harmlessness under attack against over-refusal",
        OverRefusalChart(results: results, requests: .attacked).svg
      ),
    ]
    var text = "# \(records.map { MarkdownText.escaped($0.name) }.joined(separator: " · "))\n\n"
    for record in records {
      text += "- **\(MarkdownText.escaped(record.name))** (\(MarkdownText.code(record.fingerprint.short))): "
      text += MarkdownText.escaped(record.question.isEmpty ? "no question stated" : record.question) + "\n"
    }
    text += "\n\(section.answer)\n## Results\n\n\(section.table)\n"
    for (name, title, svg) in charts where svg != nil { text += "![\(title)](\(name))\n\n" }
    text += "The numbers for other programs: \(export.links).\n"
    if let judged = JudgesSection(results: results, store: store).markdown {
      text += "\n## Judged by language models\n\n\(judged)"
    }
    if let numbers = NumbersSection(results: results, store: store).markdown {
      text += "\n## Right numbers\n\n\(numbers)"
    }
    if let comparisons = ComparisonSection(results: results, store: store).markdown {
      text += "\n## Comparisons\n\n\(comparisons)"
    }
    let commands = records.map { "swift run ablate rerun \($0.fingerprint.short)\n" }.joined()
    text += "\n## Make them again\n\n" + MarkdownText.block(commands, language: "sh")
    page = ReportPage(
      markdown: text,
      files: charts.compactMap { chart in chart.2.map { ReportFile(name: chart.0, contents: $0) } }
        + export.files)
  }

  /// One record of all cells: each set of stages once, labels made distinct by the experiment's name.
  /// - Parameter weakened: Of each record, the labels of the cells whose method weakens safety.
  private static func merged(
    _ records: [ExperimentRecord], weakened: [Set<String>]
  ) -> (record: ExperimentRecord, weakened: Set<String>) {
    var cells: [CellRecord] = []
    var marked: Set<String> = []
    var seen: Set<[StageReference]> = []
    var labels: Set<String> = []
    for (record, weakened) in zip(records, weakened) {
      for cell in record.cells where seen.insert(cell.stages).inserted {
        var label = labels.contains(cell.label) ? "\(record.name): \(cell.label)" : cell.label
        if labels.contains(label) { label += " (\(record.fingerprint.short))" }
        labels.insert(label)
        if weakened.contains(cell.label) { marked.insert(label) }
        cells.append(
          CellRecord(
            label: label, overrides: cell.overrides, isBaseline: cell.isBaseline, stages: cell.stages,
            metrics: cell.metrics, failure: cell.failure, judges: cell.judges ?? [:]))
      }
    }
    let merged = ExperimentRecord(
      fingerprint: records[0].fingerprint, name: records.map(\.name).joined(separator: " · "), question: "",
      cells: cells.filter(\.isBaseline) + cells.filter { !$0.isBaseline }, started: records[0].started, finished: nil,
      environment: [:], toolVersion: records[0].toolVersion)
    return (merged, marked)
  }
}
