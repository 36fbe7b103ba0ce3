import EngineContract
import Foundation
import Workbench

/// An answer token by token, as a markdown table.
struct TraceTable {
  let markdown: String

  init(_ tokens: [DecodeSession.TracedToken]) {
    let streams = tokens.first?.step.streamProbabilities.count ?? 1
    let titles =
      ["token"] + (1...streams).map { "stream \($0)" } + (streams > 1 ? ["combined", "instead of"] : [])
    var rows = [titles]
    for token in tokens {
      let step = token.step
      var row = [Self.quoted(token.text)] + step.streamProbabilities.map(Self.share)
      if streams > 1 {
        row.append(Self.share(step.probability))
        row.append(
          step.isChanged
            ? "\(Self.quoted(token.favorite)) (\(Self.share(step.favoriteBefore)) → \(Self.share(step.favoriteAfter)))"
            : "")
      }
      rows.append(row)
    }
    let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 3 }
    func line(_ row: [String]) -> String {
      "| "
        + row.enumerated().map { $1.padding(toLength: max(widths[$0], $1.count), withPad: " ", startingAt: 0) }
        .joined(separator: " | ") + " |"
    }
    markdown = ([line(titles), line(widths.map { String(repeating: "-", count: $0) })] + rows.dropFirst().map(line))
      .joined(separator: "\n")
  }

  /// The token in quotation marks; what would break the table is escaped.
  private static func quoted(_ text: String) -> String { TokenText.quoted(text).replacing("|", with: "\\|") }

  private static func share(_ value: Double) -> String { String(format: "%.3f", value) }
}
