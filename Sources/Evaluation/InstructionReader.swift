package import Foundation
import JSON

/// Reads instructions from the bytes of a file, in any of the formats of ``InstructionFormat``.
package enum InstructionReader {
  /// Reads a user's own file.
  ///
  /// A JSON file may be a list of texts, a list of objects, or objects by topic. Rows without an `id` of their own are
  /// named after the file and numbered in it: `questions-0001`.
  ///
  /// - Parameters:
  ///   - format: `jsonl`, `csv`, `json` or `txt`.
  ///   - field: the field with the request's text; `nil` for the first of ``InstructionFields/usualNames``.
  ///   - rowName: what rows without an `id` are named after.
  /// - Returns: the instructions in the file's order, at least one, no two with the same `id`.
  /// - Throws: ``EvaluationError`` with the first line that is wrong.
  package static func read(
    _ file: SourceFile, format name: String, field: String? = nil, rowName: String
  ) throws -> [Instruction] {
    try read(file, format: name, fields: InstructionFields(instruction: field), rowName: rowName)
  }

  /// Reads a user's own file whose fields are called so.
  static func read(
    _ file: SourceFile, format name: String, fields: InstructionFields, rowName: String
  ) throws -> [Instruction] {
    let field = fields.instruction
    let format: InstructionFormat
    switch name {
    case "jsonl": format = .jsonLines(fields)
    case "csv": format = .csv(fields)
    case "txt": format = .lines
    case "json": format = jsonFormat(of: file.bytes, fields: fields)
    default: throw EvaluationError.unknownFormat(path: file.name)
    }
    if let field {
      switch format {
      case .jsonStrings, .jsonTopics, .lines: throw EvaluationError.noFields(path: file.name, field: field)
      case .jsonLines, .csv, .jsonObjects: break
      }
    }
    return try read(file.bytes, path: file.name, format: format, name: rowName)
  }

  /// Reads a file of a known format.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - path: the file's name, for messages only.
  ///   - format: the format, with the names of its fields.
  ///   - name: what the rows without an `id` of their own are named after: `advbench` gives `advbench-0001`, the number
  ///     being that of the row in the file.
  /// - Returns: the instructions in the file's order, at least one, no two with the same `id`.
  /// - Throws: ``EvaluationError`` with the first line that is wrong.
  package static func read(
    _ data: Data, path: String, format: InstructionFormat, name: String
  ) throws -> [Instruction] {
    let bytes = try content(of: data, path: path)
    var collector = InstructionCollector(path: path, name: name)
    switch format {
    case .jsonLines(let fields): try readLines(bytes, fields: fields, into: &collector)
    case .csv(let fields): try readCSV(bytes, fields: fields, into: &collector)
    case .jsonStrings: try readStrings(bytes, into: &collector)
    case .jsonObjects(let fields): try readObjects(bytes, fields: fields, into: &collector)
    case .jsonTopics: try collector.add(topics: json(bytes, path: path), topic: nil)
    case .lines: try readLines(bytes, into: &collector)
    }
    guard !collector.instructions.isEmpty else { throw EvaluationError.emptyFile(path: path) }
    return collector.instructions
  }

  /// The bytes after a byte-order mark: UTF-8 with something in it.
  private static func content(of data: Data, path: String) throws -> [UInt8] {
    var bytes = Array(data)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard !bytes.allSatisfy(isBlank) else { throw EvaluationError.emptyFile(path: path) }
    guard String(validating: bytes, as: UTF8.self) == nil else { return bytes }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let badLine = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
    throw EvaluationError.badLine(
      path: path, line: badLine + 1, found: "bytes that are not UTF-8", expected: "text in UTF-8")
  }

  /// The lines without their ends; a last line end begins no further line.
  static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let text = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
    return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
  }

  private static func readLines(_ bytes: [UInt8], into collector: inout InstructionCollector) throws {
    for (index, line) in lines(of: bytes).enumerated() {
      let text = JSONElement(.string(String(decoding: line, as: UTF8.self)), line: index + 1)
      try collector.add(text: text, topic: nil)
    }
  }

  private static func readLines(
    _ bytes: [UInt8], fields: InstructionFields, into collector: inout InstructionCollector
  ) throws {
    for (index, line) in lines(of: bytes).enumerated() {
      try collector.add(jsonLine: line, number: index + 1, fields: fields)
    }
  }

  private static func readCSV(
    _ bytes: [UInt8], fields: InstructionFields, into collector: inout InstructionCollector
  ) throws {
    let path = collector.path
    let text: CSVText
    do throws(CSVText.SyntaxError) {
      text = try CSVText(parsing: bytes)
    } catch {
      throw EvaluationError.badLine(path: path, line: error.line, found: error.found, expected: error.expected)
    }
    guard let header = text.rows.first else { throw EvaluationError.emptyFile(path: path) }
    let columns = header.fields
    for (index, column) in columns.enumerated() where columns[..<index].contains(column) {
      throw EvaluationError.badLine(
        path: path, line: 1, found: "the column \"\(column)\" twice", expected: "every column once")
    }
    let fields = try fields.resolved(among: columns, path: path, line: 1)
    for row in text.rows.dropFirst() {
      // An empty cell is how this format leaves a value out; the two that name and make an instruction must be there.
      let members = zip(columns, row.fields).map { column, cell in
        let isAbsent = cell.isEmpty && column != fields.instruction && column != fields.id
        return JSONElement.Member(key: column, value: JSONElement(isAbsent ? .null : .string(cell), line: row.line))
      }
      try collector.add(object: JSONElement(.object(members), line: row.line), fields: fields)
    }
  }

  private static func readStrings(_ bytes: [UInt8], into collector: inout InstructionCollector) throws {
    let text = try json(bytes, path: collector.path)
    guard case .array(let elements) = text.value else {
      throw collector.bad(text.line, text.kind, expected: "a list of texts")
    }
    for element in elements { try collector.add(text: element, topic: nil) }
  }

  private static func readObjects(
    _ bytes: [UInt8], fields: InstructionFields, into collector: inout InstructionCollector
  ) throws {
    var text = try json(bytes, path: collector.path)
    if let name = fields.list {
      guard case .object(let members) = text.value, let list = members.first(where: { $0.key == name }) else {
        throw collector.bad(text.line, text.kind, expected: "an object with a list of objects under \"\(name)\"")
      }
      text = list.value
    }
    guard case .array(let elements) = text.value else {
      throw collector.bad(text.line, text.kind, expected: "a list of objects")
    }
    var fields = fields
    if let first = elements.first, case .object(let members) = first.value, !fields.isConversation(members.map(\.key)) {
      fields = try fields.resolved(among: members.map(\.key), path: collector.path, line: first.line)
    }
    for element in elements { try collector.add(object: element, fields: fields) }
  }

  private static func json(_ bytes: [UInt8], path: String) throws -> JSONElement {
    do throws(JSONSyntaxError) {
      return try JSONElement(parsing: bytes)
    } catch {
      throw EvaluationError.badLine(
        path: path, line: error.line, found: "\(error.excerpt ?? error.found) at column \(error.column)",
        expected: error.expected)
    }
  }

  /// Which of the JSON formats the first brackets announce.
  private static func jsonFormat(of data: Data, fields: InstructionFields) -> InstructionFormat {
    let brackets = data.lazy.filter { !isBlank($0) && ![0xEF, 0xBB, 0xBF].contains($0) }.prefix(2)
    switch String(decoding: brackets, as: UTF8.self) {
    case "[{": return .jsonObjects(fields)
    case let text where text.hasPrefix("{") && fields.attack != nil:
      // As JailbreakBench's artifacts have them.
      var fields = fields
      fields.list = "jailbreaks"
      return .jsonObjects(fields)
    case let text where text.hasPrefix("{"): return .jsonTopics
    default: return .jsonStrings
    }
  }
}
