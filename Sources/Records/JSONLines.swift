package import Foundation

/// Files with one JSON value a line, in sample order. Each line is written in canonical form (RFC 8785), so equal
/// rows are equal bytes.
package enum JSONLines {
  /// Writes rows. Throws `RecordsError.cannotWrite`, and what encoding throws (a number that is not finite).
  package static func write(_ rows: some Sequence<some Encodable>, to file: URL) throws {
    var text = ""
    for row in rows {
      text += try CanonicalFile.line(row)
    }
    try StoreFiles.write(Data(text.utf8), to: file)
  }

  /// Reads the rows of a file. Lines of white space alone are passed over. Throws `RecordsError.cannotRead`, or
  /// `.malformed` with the line (and the column or key) of what isn't a row, or when there is no row at all.
  package static func read<Row: Decodable>(_ type: Row.Type, from file: URL) throws -> [Row] {
    let rows = try rows(type, in: StoreFiles.text(of: file), path: file.path)
    guard !rows.isEmpty else {
      throw RecordsError.malformed(
        path: file.path, place: "", found: "an empty file", expected: "JSON Lines, one object a line")
    }
    return rows
  }

  private static func rows<Row: Decodable>(_ type: Row.Type, in text: String, path: String) throws -> [Row] {
    var rows: [Row] = []
    for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = String(decoding: line, as: UTF8.self)
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      rows.append(try CanonicalFile.decode(type, from: line, path: path, line: index + 1))
    }
    return rows
  }
}
