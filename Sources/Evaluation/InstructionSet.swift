public import Foundation

/// The instructions of one JSON Lines file, in the file's order.
public struct InstructionSet: Sendable, Hashable {
  /// The instructions; never empty, and no two with the same `id`.
  public let instructions: [Instruction]

  /// Reads a whole file's bytes as JSON Lines: one object a line, with the strings `id` and `instruction` and, where
  /// wanted, `topic` and `form`. Other keys are let be, so that a file can carry notes of its own.
  ///
  /// A byte-order mark, carriage returns and a missing last newline are accepted. A blank line is not: it is more
  /// often a truncated file than a wish.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - path: the file's name, for messages only.
  /// - Throws: ``EvaluationError`` with the number of the first line that is wrong.
  public static func parse(_ data: Data, path: String) throws -> InstructionSet {
    var bytes = data[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
    guard !bytes.allSatisfy(isBlank) else { throw EvaluationError.emptyFile(path: path) }

    var instructions: [Instruction] = []
    var firstLines: [String: Int] = [:]
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let number = index + 1
      let instruction = try parseLine(line, path: path, number: number)
      if let firstLine = firstLines[instruction.id] {
        throw EvaluationError.duplicateIdentifier(
          path: path, line: number, identifier: instruction.id, firstLine: firstLine)
      }
      firstLines[instruction.id] = number
      instructions.append(instruction)
    }
    return InstructionSet(instructions: instructions)
  }

  private static func parseLine(_ line: Data, path: String, number: Int) throws -> Instruction {
    func bad(_ found: String, expected: String) -> EvaluationError {
      .badLine(path: path, line: number, found: found, expected: expected)
    }
    let anObject = "a JSON object with the strings \"id\" and \"instruction\""
    guard !line.allSatisfy(isBlank) else { throw bad("an empty line", expected: anObject) }
    guard let text = String(data: line, encoding: .utf8) else {
      throw bad("bytes that are not UTF-8", expected: anObject)
    }
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) else {
      throw bad("text that is not JSON (\(excerpt(of: text)))", expected: anObject)
    }
    guard let object = value as? [String: Any] else {
      throw bad("JSON that is not an object (\(excerpt(of: text)))", expected: anObject)
    }

    func optionalString(_ key: String) throws -> String? {
      guard let value = object[key], !(value is NSNull) else { return nil }
      guard let string = value as? String else {
        throw bad("\"\(key)\" with a value that is not a string", expected: "a string")
      }
      return string
    }
    func requiredString(_ key: String) throws -> String {
      guard let string = try optionalString(key) else { throw bad("no \"\(key)\"", expected: anObject) }
      guard string.contains(where: { !$0.isWhitespace }) else {
        throw bad("an empty \"\(key)\"", expected: "a string with something in it")
      }
      return string
    }
    return Instruction(
      id: try requiredString("id"), instruction: try requiredString("instruction"),
      topic: try optionalString("topic"), form: try optionalString("form"))
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
  }

  private static func excerpt(of text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text.trimmingCharacters(in: .whitespaces)
  }
}
