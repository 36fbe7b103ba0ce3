package import Foundation
import JSON
import Messages

/// A line of the JSON Lines that `decode -` reads and writes: an instruction, with whatever else its object says.
package struct InstructionLine: Sendable {
  package let instruction: String
  private let members: [JSONElement.Member]

  /// All lines of a stream, `{"instruction": "…"}` each.
  /// - Throws: ``WorkbenchError/malformed(path:place:found:expected:)`` with the line's number;
  ///   ``WorkbenchError/noInput(reason:)``.
  package static func read(_ input: FileHandle) throws -> [InstructionLine] {
    do {
      return try read(input.readToEnd() ?? Data())
    } catch let error as WorkbenchError {
      throw error
    } catch {
      throw WorkbenchError.noInput(reason: SystemError.wording(error))
    }
  }

  /// The lines of bytes.
  static func read(_ data: Data) throws -> [InstructionLine] {
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let full = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
    guard !full.isEmpty else { throw malformed(1, found: "nothing", " a line") }
    return try full.enumerated().map { try InstructionLine($1, number: $0 + 1) }
  }

  private init(_ line: Data, number: Int) throws {
    let element: JSONElement
    do throws(JSONSyntaxError) {
      element = try JSONElement(parsing: line, firstLine: number)
    } catch {
      throw Self.malformed(number, found: "\(error.excerpt ?? error.found) at column \(error.column)")
    }
    guard case .object(let members) = element.value else { throw Self.malformed(number, found: element.kind) }
    guard let value = members.first(where: { $0.key == "instruction" })?.value.value else {
      throw Self.malformed(number, found: "no key \"instruction\"")
    }
    guard case .string(let instruction) = value else {
      throw Self.malformed(number, found: "another kind of value at \"instruction\"")
    }
    self.instruction = instruction
    self.members = members
  }

  private static func malformed(_ line: Int, found: String, _ more: String = "") -> WorkbenchError {
    .malformed(
      path: "standard input", place: "line \(line)", found: found,
      expected: "an object with the text \"instruction\"\(more)")
  }

  /// The line with its answer, in the place of one that it may have had; all else is as it was. Keys are sorted.
  package func answered(_ answer: String) -> String {
    let kept = members.filter { $0.key != "answer" }
    let all = kept + [JSONElement.Member(key: "answer", value: JSONElement(.string(answer), line: 1))]
    return JSONElement(.object(all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }), line: 1).text
  }
}
