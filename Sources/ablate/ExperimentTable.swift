import Foundation
import Records
import Reporting
import Stages

/// The table that a run ends with: a row a cell, a column of refusal rates a set.
enum ExperimentTable {
  static func markdown(_ record: ExperimentRecord) -> String {
    let rare = RareColumn.columns(of: record.cells.compactMap(\.metrics).flatMap(\.sets))
    let sets = record.cells.lazy.compactMap(\.metrics).first?.sets ?? []
    let measured = record.cells.compactMap(\.metrics).flatMap(\.sets).contains { $0.fluency != nil }
    let fluency: [MarkdownTable.Column] = measured ? [.init("noise", .right), .init("fluency", .right)] : []
    var table = MarkdownTable(
      [.init("cell")] + sets.map { .init("\($0.set): refused (n = \($0.count))", .right) }
        + [.init(sets.isEmpty ? "status" : "degenerate", .right)] + fluency + rare.map { .init($0.title, .right) })
    for cell in record.cells {
      guard let metrics = cell.metrics else {
        table.append(
          [cell.label] + sets.map { _ in cell.status.rawValue } + [sets.isEmpty ? cell.status.rawValue : ""]
            + fluency.map { _ in "" } + rare.map { _ in "" })
        continue
      }
      let rates = metrics.sets.map { String(format: "%.2f [%.2f, %.2f]", $0.refusalRate, $0.low, $0.high) }
      let noise = metrics.sets.map { String(format: "%.2f", $0.degenerateRate) }.joined(separator: " / ")
      let fluencies =
        !measured
        ? []
        : [
          metrics.sets.map { set in
            set.fluency.map { String(format: "%.2f", Double($0.noise) / Double(max(1, set.count))) } ?? "–"
          },
          metrics.sets.map { set in set.fluency?.logLikelihood.map { String(format: "%.2f", $0.value) } ?? "–" },
        ].map { $0.joined(separator: " / ") }
      let others = rare.map { column in metrics.sets.map { "\(column.count($0) ?? 0)" }.joined(separator: " / ") }
      table.append([cell.label] + rates + [noise] + fluencies + others)
    }
    return table.markdown
  }
}
