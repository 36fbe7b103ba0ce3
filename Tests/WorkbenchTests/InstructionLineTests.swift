import Foundation
import Testing

@testable import Workbench

struct InstructionLineTests {
  @Test func linesAreReadInOrder() throws {
    let text = #"{"instruction": "One"}"# + "\n" + #"{"id": 2, "instruction": "Zwölf 猫\n"}"#
    #expect(try InstructionLine.read(Data(text.utf8)).map(\.instruction) == ["One", "Zwölf 猫\n"])
    #expect(try InstructionLine.read(Data((text + "\n").utf8)).count == 2)
  }

  @Test(arguments: [
    ("", 1), ("\n", 1), ("{\"instruction\": \"a\"}\n\n{\"instruction\": \"b\"}\n", 2),
    ("{\"instruction\": \"a\"}\n[]\n", 2), ("{\"instruction\": null}", 1), ("{\"question\": \"a\"}", 1),
    ("{\"instruction\": \"a\"}\n{\"instruction\": \"b\"", 2),
  ]) func aBadLineIsNamed(text: String, line: Int) throws {
    #expect {
      _ = try InstructionLine.read(Data(text.utf8))
    } throws: { error in
      guard case WorkbenchError.malformed(_, let place, _, _) = error else { return false }
      return place == "line \(line)"
    }
  }

  private func answered(_ line: String, _ answer: String) throws -> String {
    try #require(InstructionLine.read(Data(line.utf8)).first).answered(answer)
  }

  @Test func anAnswerIsOneLine() throws {
    #expect(
      try answered(#"{"instruction": "a/b"}"#, "one\n\"two\"") == #"{"answer":"one\n\"two\"","instruction":"a/b"}"#)
  }

  /// A caller finds its rows again: nothing that a line says is lost, down to the digits of a number.
  @Test func whatElseALineSaysGoesOutWithIt() throws {
    let line =
      #"{"id": 12345678901234567890, "instruction": "a", "meta": {"z": [1.50, null], "a": true}, "answer": "old"}"#
    #expect(
      try answered(line, "new")
        == #"{"answer":"new","id":12345678901234567890,"instruction":"a","meta":{"z":[1.50,null],"a":true}}"#)
  }
}
