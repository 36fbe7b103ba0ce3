package import Foundation
import JSON

/// Files that hold one value as canonical JSON (RFC 8785) with a newline at the end.
package enum CanonicalFile {
  /// Writes a value. Throws `RecordsError.cannotWrite`, and what encoding throws (a number that is not finite).
  package static func write(_ value: some Encodable, to file: URL) throws {
    try StoreFiles.write(Data((line(value)).utf8), to: file)
  }

  /// Writes bytes as they are, for files of other forms. Throws `RecordsError.cannotWrite`.
  package static func write(bytes: Data, to file: URL) throws { try StoreFiles.write(bytes, to: file) }

  /// Reads a value. Throws `RecordsError.cannotRead` or `.malformed` with the key.
  package static func read<Value: Decodable>(_ type: Value.Type, from file: URL) throws -> Value {
    try decode(type, from: StoreFiles.text(of: file).utf8, path: file.path, line: nil)
  }

  /// A value as one line of canonical JSON, its newline included.
  static func line(_ value: some Encodable) throws -> String {
    try JSONValue(encoding: value).canonical + "\n"
  }

  /// The value in a JSON text. `line` is the line of the file at which the text stands, nil for a whole file.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from text: some Sequence<UInt8>, path: String, line: Int?
  ) throws -> Value {
    let value: JSONValue
    do throws(JSONSyntaxError) {
      value = JSONValue(try JSONElement(parsing: text, firstLine: line ?? 1))
    } catch {
      throw RecordsError.malformed(
        path: path, place: "line \(error.line), column \(error.column)", found: error.found, expected: error.expected)
    }
    do {
      return try value.decoded(as: type)
    } catch let error as DecodingError {
      let (key, found, expected) = error.explanation
      let place = [line.map { "line \($0)" }, key.isEmpty ? nil : "key \"\(key)\""].compactMap { $0 }
      throw RecordsError.malformed(
        path: path, place: place.joined(separator: ", "), found: found, expected: expected)
    }
  }
}
