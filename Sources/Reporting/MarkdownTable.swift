/// A table in GitHub's markdown, its columns padded so that the source reads as a table too.
package struct MarkdownTable: Sendable {
  /// How a column's cells stand.
  package enum Alignment: Sendable {
    /// Text, flush left.
    case left
    /// Numbers, flush right.
    case right
  }

  /// A column's title and alignment.
  package struct Column: Sendable {
    var title: String
    var alignment: Alignment

    package init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// Makes a table without rows.
  package init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row. Its cells are markdown: text from elsewhere is to be escaped before. Missing cells are
  /// empty and cells beyond the last column are dropped, as GitHub does.
  package mutating func append(_ row: [String]) {
    rows.append(row)
  }

  /// The table's lines, each ended by a newline.
  package var markdown: String {
    let titles = columns.map { Self.piped($0.title) }
    let cells = rows.map { row in columns.indices.map { $0 < row.count ? Self.piped(row[$0]) : "" } }
    let widths = columns.indices.map { index in
      ([titles] + cells).map { $0[index].count }.max().map { max(3, $0) } ?? 3
    }
    func line(_ row: [String]) -> String {
      let padded = columns.indices.map { index in
        let padding = String(repeating: " ", count: widths[index] - row[index].count)
        return columns[index].alignment == .left ? row[index] + padding : padding + row[index]
      }
      return "| " + padded.joined(separator: " | ") + " |\n"
    }
    let rule = columns.indices.map { index in
      let dashes = String(repeating: "-", count: widths[index] - 1)
      return columns[index].alignment == .left ? dashes + "-" : dashes + ":"
    }
    return line(titles) + line(rule) + cells.map(line).joined()
  }

  /// A cell that can't end itself: its pipes escaped (once), its line breaks gone.
  private static func piped(_ cell: String) -> String {
    var result = ""
    var isEscaped = false
    for character in cell {
      if character == "|", !isEscaped { result += "\\" }
      result += character.isNewline ? " " : String(character)
      isEscaped = character == "\\" && !isEscaped
    }
    return result
  }
}
