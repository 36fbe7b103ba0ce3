import Experiments
package import Foundation

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
    let text = try StoreFiles.text(of: file)
    return try decode(type, from: text, path: file.path, line: nil)
  }

  /// A value as one line of canonical JSON, its newline included.
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    return try JSONValue(parsing: text).canonical + "\n"
  }

  /// The value in a JSON text. `line` is the line of the file at which the text stands, nil for a whole file.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, path: String, line: Int?
  ) throws -> Value {
    let place = line.map { "line \($0)" }
    do {
      _ = try JSONValue(parsing: text)
    } catch {
      let within = "line \(line ?? error.line), column \(error.column)"
      throw RecordsError.malformed(path: path, place: within, found: error.found, expected: error.expected)
    }
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      return try decoder.decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      let (key, problem) = explain(error)
      let within = [place, key.isEmpty ? nil : "key \"\(key)\""].compactMap { $0 }.joined(separator: ", ")
      throw RecordsError.malformed(path: path, place: within, found: problem.found, expected: problem.expected)
    }
  }

  private static func explain(_ error: DecodingError) -> (key: String, problem: (found: String, expected: String)) {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined().drop { $0 == "." }.description
    }
    switch error {
    case .keyNotFound(let key, let context):
      return (path(context.codingPath + [key]), ("nothing", "a value"))
    case .valueNotFound(let type, let context):
      return (path(context.codingPath), ("null", name(of: type)))
    case .typeMismatch(let type, let context):
      return (path(context.codingPath), ("a value of another type", name(of: type)))
    case .dataCorrupted(let context):
      return (
        path(context.codingPath), ("a value that is not possible (\(context.debugDescription))", "a possible one")
      )
    @unknown default:
      return ("", ("\(error)", "a readable value"))
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type: "a whole number"
    case is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    case is [String: Any].Type: "an object"
    default: "a value of type \(type)"
    }
  }
}
