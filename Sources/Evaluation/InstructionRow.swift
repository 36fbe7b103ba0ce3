import Foundation
import JSON

/// The named values of one row.
struct InstructionRow {
  let path: String
  let line: Int
  let members: [JSONElement.Member]

  init(path: String, line: Int, members: [JSONElement.Member]) {
    self.path = path
    self.line = line
    self.members = members
  }

  /// Reads a line of JSON Lines, which has to be an object. `expected` says what of.
  init(jsonLine: ArraySlice<UInt8>, number: Int, path: String, expected: String) throws {
    func bad(_ found: String) -> EvaluationError {
      .badLine(path: path, line: number, found: found, expected: expected)
    }
    guard !jsonLine.allSatisfy(InstructionReader.isBlank) else { throw bad("an empty line") }
    guard let text = String(validating: jsonLine, as: UTF8.self) else { throw bad("bytes that are not UTF-8") }
    let excerpt = text.count > 40 ? text.prefix(40) + "…" : text.trimmingCharacters(in: .whitespaces)
    let object: JSONElement
    do throws(JSONSyntaxError) {
      object = try JSONElement(parsing: jsonLine, firstLine: number)
    } catch {
      throw bad("text that is not JSON (\(excerpt); \(error.excerpt ?? error.found) at column \(error.column))")
    }
    guard case .object(let members) = object.value else { throw bad("JSON that is not an object (\(excerpt))") }
    self.init(path: path, line: number, members: members)
  }

  private func bad(_ found: String, expected: String) -> EvaluationError {
    .badLine(path: path, line: line, found: found, expected: expected)
  }

  /// The value, if there is one other than `null`.
  private func value(_ name: String) -> JSONElement.Value? {
    guard let value = members.first(where: { $0.key == name })?.value.value else { return nil }
    if case .null = value { return nil }
    return value
  }

  /// The text under a name, if there is one.
  func text(_ name: String) throws -> String? {
    switch value(name) {
    case nil: return nil
    case .string(let text): return text
    default: throw bad("\"\(name)\" with a value that is not a string", expected: "a string")
    }
  }

  /// The text under a name, with something in it. `expected` is what the row is told to have where it has none.
  func requiredText(_ name: String, expected: String) throws -> String {
    guard let text = try text(name) else { throw bad("no \"\(name)\"", expected: expected) }
    guard !text.isBlank else { throw bad("an empty \"\(name)\"", expected: "a string with something in it") }
    return text
  }

  /// The instruction under a name: a text, or a list of one text, as SORRY-Bench writes its turns.
  func instruction(_ name: String, expected: String) throws -> String {
    guard case .array(let elements) = value(name) else { return try requiredText(name, expected: expected) }
    guard elements.count == 1, case .string(let text) = elements[0].value, !text.isBlank else {
      throw bad("\"\(name)\" with a list that is not one text", expected: "a text, or a list of one text")
    }
    return text
  }

  /// The row's own name, if it has one. A number names a row as well as a text does.
  func identifier(_ name: String) throws -> String? {
    switch value(name) {
    case nil: nil
    case .number(let digits): digits
    default: try requiredText(name, expected: "the row's name")
    }
  }

  /// The answers under a name: a list of texts, or one text with a semicolon between two answers, as TruthfulQA
  /// writes them (a semicolon after the last one begins no further answer).
  func answers(_ name: String) throws -> [String]? {
    let texts: [String]
    switch value(name) {
    case nil: return nil
    case .string(let text):
      texts = text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    case .array(let elements):
      texts = try elements.map { element in
        guard case .string(let text) = element.value else {
          throw bad("\"\(name)\" with \(element.kind) in its list", expected: "a list of texts")
        }
        return text
      }
    default: throw bad("\"\(name)\" with a value that is no list", expected: "a list of texts, or one text")
    }
    let answers = texts.filter { !$0.isBlank }
    guard !answers.isEmpty else { throw bad("no answer in \"\(name)\"", expected: "at least one answer") }
    return answers
  }
}

extension String {
  /// Whether there is nothing in it but white space.
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
