package import Foundation

/// The JSON Lines that `decode -` reads and writes.
package enum InstructionLines {
  private struct Request: Decodable { var instruction: String }

  private struct Answer: Encodable {
    var answer: String
    var instruction: String
  }

  /// All instructions of a stream, `{"instruction": "…"}` a line; other keys are let be.
  /// - Throws: ``WorkbenchError/malformed(path:place:found:expected:)`` with the line's number.
  package static func read(_ input: FileHandle) throws -> [String] {
    try parse(input.readToEnd() ?? Data())
  }

  /// The instructions of bytes.
  static func parse(_ data: Data) throws -> [String] {
    let wanted = "an object with the text \"instruction\""
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var instructions: [String] = []
    for (index, line) in lines.enumerated() where !(index == lines.count - 1 && line.isEmpty) {
      do {
        instructions.append(try JSONDecoder().decode(Request.self, from: line).instruction)
      } catch let error as DecodingError {
        throw WorkbenchError.malformed(
          path: "standard input", place: "line \(index + 1)", found: error.problem, expected: wanted)
      }
    }
    guard !instructions.isEmpty else {
      throw WorkbenchError.malformed(
        path: "standard input", place: "line 1", found: "nothing", expected: wanted + " a line")
    }
    return instructions
  }

  /// One answered instruction.
  package static func line(instruction: String, answer: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(Answer(answer: answer, instruction: instruction)), as: UTF8.self)
  }
}
