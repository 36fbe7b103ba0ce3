import Foundation
import Testing

@testable import Workbench

struct InstructionLinesTests {
  @Test func linesAreReadInOrder() throws {
    let text = #"{"instruction": "One"}"# + "\n" + #"{"id": 2, "instruction": "Zwölf 猫\n"}"#
    #expect(try InstructionLines.parse(Data(text.utf8)) == ["One", "Zwölf 猫\n"])
    #expect(try InstructionLines.parse(Data((text + "\n").utf8)).count == 2)
  }

  @Test(arguments: [
    ("", 1), ("\n", 1), ("{\"instruction\": \"a\"}\n\n{\"instruction\": \"b\"}\n", 2),
    ("{\"instruction\": \"a\"}\n[]\n", 2), ("{\"instruction\": null}", 1), ("{\"question\": \"a\"}", 1),
    ("{\"instruction\": \"a\"}\n{\"instruction\": \"b\"", 2),
  ]) func aBadLineIsNamed(text: String, line: Int) throws {
    #expect {
      _ = try InstructionLines.parse(Data(text.utf8))
    } throws: { error in
      guard case WorkbenchError.malformed(_, let place, _, _) = error else { return false }
      return place == "line \(line)"
    }
  }

  @Test func anAnswerIsOneLine() throws {
    let line = try InstructionLines.line(instruction: "a/b", answer: "one\n\"two\"")
    #expect(line == #"{"answer":"one\n\"two\"","instruction":"a/b"}"#)
  }
}
