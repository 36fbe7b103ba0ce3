import Records
import Stages
import Statistics

/// Refusal rates by the categories of a set's requests.
struct CategoriesSection: Sendable {
  /// Longer tables are folded.
  private static let unfolded = 12

  let results: ExperimentResults

  /// The tables, one a set with at least two categories; nil where there is none.
  var markdown: String? {
    let tables = results.allSets.compactMap { set in table(of: set).map { (set: set, table: $0) } }
    guard !tables.isEmpty else { return nil }
    var text =
      "Refusal rates by what the requests are about, as the set's file says it, with 95 % Wilson intervals. Few "
      + "requests stand behind each: look at the intervals, and take a difference between categories as a question.\n\n"
    let rows = tables.reduce(0) { $0 + $1.table.rows }
    for (set, table) in tables {
      let title = MarkdownText.escaped(set)
      if rows > Self.unfolded {
        text += "<details>\n<summary>\(title): \(table.rows) categories</summary>\n\n\(table.markdown)\n</details>\n\n"
      } else {
        text += "### \(title)\n\n\(table.markdown)\n"
      }
    }
    return text
  }

  private func table(of set: String) -> (markdown: String, rows: Int)? {
    let cells = results.done.filter { ExperimentResults.metrics($0, on: set)?.categories != nil }
    func categories(_ cell: ExperimentResults.Cell) -> [CategoryMetrics] {
      ExperimentResults.metrics(cell, on: set)?.categories ?? []
    }
    var names: [String] = []
    for category in cells.flatMap(categories) where !names.contains(category.category) {
      names.append(category.category)
    }
    guard names.count > 1 else { return nil }
    var table = MarkdownTable(
      [.init("category"), .init("n", .right)] + cells.map { .init(MarkdownText.code($0.record.label), .right) })
    for name in names.sorted() {
      let found = cells.map { categories($0).first { $0.category == name } }
      let counts = Set(found.compactMap { $0?.count })
      table.append(
        [MarkdownText.escaped(name), counts.sorted().map(String.init).joined(separator: " / ")]
          + zip(cells, found).map { cell, category in
            guard let rate = category.flatMap({ WilsonInterval(successes: $0.refused, count: $0.count) }) else {
              return "–"
            }
            // Several answers to a request are not independent of one another.
            return ExperimentResults.samples(cell, on: set) > 1
              ? NumberText.fixed(rate.estimate, decimals: 2)
              : NumberText.interval(rate.estimate, low: rate.lower, high: rate.upper)
          })
    }
    return (table.markdown, names.count)
  }
}
