package import Foundation
import JSON

/// Files with one JSON value a line, in sample order. Each line is written in canonical form (RFC 8785), so equal
/// rows are equal bytes.
package enum RowFile {
  /// Writes rows. Throws `RecordsError.cannotWrite`, and what encoding throws (a number that is not finite).
  package static func write(_ rows: some Sequence<some Encodable>, to file: URL) throws {
    try StoreFiles.write(Data(JSONLines.text(of: rows).utf8), to: file)
  }

  /// Reads the rows of a file. Lines of white space alone are passed over. Throws `RecordsError.cannotRead`, or
  /// `.malformed` with the line (and the column or key) of what isn't a row, or when there is no row at all.
  package static func read<Row: Decodable>(_ type: Row.Type, from file: URL) throws -> [Row] {
    let rows = try JSONLines.lines(of: StoreFiles.text(of: file).utf8).map {
      try CanonicalFile.decode(type, from: $0.bytes, path: file.path, line: $0.number)
    }
    guard !rows.isEmpty else {
      throw RecordsError.malformed(
        path: file.path, place: "", found: "an empty file", expected: "JSON Lines, one object a line")
    }
    return rows
  }
}
