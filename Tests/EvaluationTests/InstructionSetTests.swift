import Foundation
import Testing

@testable import Evaluation

struct InstructionSetTests {
  private func parse(_ text: String) throws -> [Instruction] {
    try InstructionSet.parse(SourceFile(Data(text.utf8), name: "set.jsonl")).instructions
  }

  private func message(_ text: String) -> String {
    do {
      _ = try parse(text)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func readsLinesInOrder() throws {
    let instructions = try parse(
      """
      {"id":"b","instruction":"Say “hé” 你好","topic":"speech","form":"command","twin":"x"}
      {"id":"a","instruction":"Why?","topic":null}
      """)
    #expect(
      instructions == [
        Instruction(id: "b", instruction: "Say “hé” 你好", topic: "speech", form: "command"),
        Instruction(id: "a", instruction: "Why?"),
      ])
  }

  @Test func acceptsByteOrderMarkCarriageReturnsAndLastNewline() throws {
    let text = "\u{FEFF}{\"id\":\"1\",\"instruction\":\"One\"}\r\n{\"id\":\"2\",\"instruction\":\"Two\"}\r\n"
    #expect(try parse(text).map(\.instruction) == ["One", "Two"])
  }

  @Test(arguments: ["", "\n", " \r\n\t\n", "\u{FEFF}\n"])
  func refusesAnEmptyFile(_ text: String) {
    #expect(throws: EvaluationError.emptyFile(path: "set.jsonl")) { try parse(text) }
  }

  @Test(arguments: [
    ("\n{\"id\":\"1\",\"instruction\":\"x\"}", 1, "an empty line"),
    ("{\"id\":\"1\",\"instruction\":\"x\"}\n\n{\"id\":\"2\",\"instruction\":\"x\"}", 2, "an empty line"),
    ("{\"id\":\"1\",\"instruction\":\"x\"}\n{\"id\":\"2\",", 2, "not JSON"),
    ("{\"id\":\"1\",\"instruction\":\"x\"} {}", 1, "not JSON"),
    ("[1,2]", 1, "not an object"), ("\"text\"", 1, "not an object"), ("3", 1, "not an object"),
    ("{\"instruction\":\"x\"}", 1, "no \"id\""), ("{\"id\":\"1\"}", 1, "no \"instruction\""),
    ("{\"id\":1,\"instruction\":\"x\"}", 1, "\"id\" with a value that is not a string"),
    ("{\"id\":\"1\",\"instruction\":[\"x\"]}", 1, "\"instruction\" with a value"),
    ("{\"id\":\"1\",\"instruction\":\" \"}", 1, "an empty \"instruction\""),
    ("{\"id\":\"\",\"instruction\":\"x\"}", 1, "an empty \"id\""),
    ("{\"id\":\"1\",\"instruction\":\"x\",\"topic\":7}", 1, "\"topic\" with a value that is not a string"),
  ])
  func namesTheBadLine(text: String, line: Int, found: String) {
    let message = message(text)
    #expect(message.hasPrefix("set.jsonl, line \(line): found "))
    #expect(message.contains(found))
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let data = Data("{\"id\":\"1\",\"instruction\":\"x\"}\n{\"id\":\"".utf8) + [0xFF, 0xC0] + Data("\"}".utf8)
    let expected = EvaluationError.badLine(
      path: "p", line: 2, found: "bytes that are not UTF-8",
      expected: "a JSON object with the strings \"id\" and \"instruction\"")
    #expect(throws: expected) { try InstructionSet.parse(SourceFile(data, name: "p")) }
  }

  @Test func refusesAnIdentifierTwiceAndNamesBothLines() {
    let text = ["7", "8", "7"].map { "{\"id\":\"\($0)\",\"instruction\":\"x\"}" }.joined(separator: "\n")
    let expected = EvaluationError.duplicateIdentifier(path: "set.jsonl", line: 3, identifier: "7", firstLine: 1)
    #expect(throws: expected) { try parse(text) }
  }

  @Test func survivesDeepNesting() {
    #expect(message(String(repeating: "[", count: 100_000)).hasPrefix("set.jsonl, line 1: found text that is not JSON"))
  }

  @Test(arguments: ["harmful", "harmless", "held-out-harmful", "held-out-harmless"])
  func readsTheProjectsOwnFiles(_ name: String) throws {
    let url = anchorsFolder.appending(path: "\(name).jsonl")
    let set = try InstructionSet.parse(SourceFile(try Data(contentsOf: url), name: url.path))
    #expect(set.instructions.count >= 60)
  }
}

/// The repository's `Anchors/` folder.
let anchorsFolder = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Anchors")
