import Foundation
import Records
import Reporting
import Stages

/// The tables that a run ends with: a row a cell, a column of refusal rates a set; and of attacks a row each.
enum ExperimentTable {
  /// A column behind the cell's label.
  private struct Column {
    var title: String
    var value: (CellMetrics) -> String

    /// A column with a value of each set.
    static func each(_ title: String, _ value: @escaping (SetMetrics) -> String) -> Column {
      Column(title: title) { $0.sets.filter { $0.attack == nil }.map(value).joined(separator: " / ") }
    }
  }

  /// The tables of a record.
  /// - Parameter weakened: The cells whose method weakens safety, which are marked.
  static func markdown(_ record: ExperimentRecord, weakened: Set<String>) -> String {
    let columns = columns(of: record.cells.compactMap(\.metrics))
    var table = MarkdownTable([.init("cell")] + columns.map { .init($0.title, .right) })
    for cell in record.cells {
      table.append(
        [cell.label + (weakened.contains(cell.label) ? " ⚠" : "")]
          + columns.map { column in cell.metrics.map(column.value) ?? cell.status.rawValue })
    }
    let note = weakened.isEmpty ? "" : "\n⚠ This method weakens safety; it is included for study.\n"
    return table.markdown + note + attacks(on: record)
  }

  /// Of each attack, how many of the requests that are refused without it are answered; nothing without attacks.
  private static func attacks(on record: ExperimentRecord) -> String {
    let done = record.cells.filter { $0.metrics?.attacks != nil }
    guard !done.isEmpty else { return "" }
    let sets = done.flatMap { $0.metrics?.attacks ?? [] }.map(\.set).reduce(into: [String]()) { names, set in
      if !names.contains(set) { names.append(set) }
    }
    var table = MarkdownTable(
      [.init("answered, of those refused without")] + done.map { .init($0.label, .right) })
    for set in sets {
      table.append(
        [set]
          + done.map { cell in
            let attack = cell.metrics?.attacks?.first { $0.set == set }
            return attack.map { "\($0.succeeded) of \($0.refusedPlain)" } ?? "–"
          })
    }
    return "\n" + table.markdown
  }

  private static func columns(of cells: [CellMetrics]) -> [Column] {
    let sets = cells.flatMap(\.sets)
    var columns = (cells.first?.sets ?? []).filter { $0.attack == nil }.map { set in
      Column(title: "\(set.set): refused (n = \(set.count))") { metrics in
        metrics.sets.first { $0.set == set.set }.map { rate($0.refusalRate, $0.low, $0.high) } ?? ""
      }
    }
    columns += (cells.first?.numbers ?? []).map { set in
      Column(title: "\(set.set): right (n = \(set.count))") { metrics in
        metrics.numbers?.first { $0.set == set.set }.map { rate($0.rate.value, $0.rate.low, $0.rate.high) } ?? ""
      }
    }
    if !sets.isEmpty { columns.append(.each("degenerate") { String(format: "%.2f", $0.degenerateRate) }) }
    if sets.contains(where: { $0.fluency != nil }) {
      columns.append(
        .each("noise") { set in
          set.fluency.map { String(format: "%.2f", Double($0.noise) / Double(max(1, set.count))) } ?? "–"
        })
      columns.append(
        .each("fluency") { set in set.fluency?.logLikelihood.map { String(format: "%.2f", $0.value) } ?? "–" })
    }
    columns += RareColumn.columns(of: sets).map { rare in .each(rare.title) { "\(rare.count($0) ?? 0)" } }
    return columns.isEmpty ? [Column(title: "status") { _ in "" }] : columns
  }

  private static func rate(_ value: Double, _ low: Double, _ high: Double) -> String {
    String(format: "%.2f [%.2f, %.2f]", value, low, high)
  }
}
