import Foundation
import Testing

@testable import Evaluation

struct InstructionReaderTests {
  private func read(_ text: String, _ path: String, field: String? = nil) throws -> [Instruction] {
    try read(Data(text.utf8), path, field: field)
  }

  /// Reads a file as the path's ending says, and names rows after it, as a manifest's set does.
  private func read(_ data: Data, _ path: String, field: String? = nil) throws -> [Instruction] {
    let url = URL(filePath: path)
    return try InstructionReader.read(
      SourceFile(data, name: path), format: url.pathExtension.lowercased(), field: field,
      rowName: url.deletingPathExtension().lastPathComponent)
  }

  private func message(_ text: String, _ path: String, field: String? = nil) -> String {
    do {
      _ = try read(text, path, field: field)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func readsJSONLines() throws {
    let text = """
      {"id": 7, "prompt": "Name a fruit.", "topic": "food", "reference": "A plum."}\r
      {"prompt": "Name a \\u00e9clair.", "correct": ["Yes", "No; never"], "incorrect": "One; two;", "other": {"a": [1]}}
      """
    #expect(
      try read("\u{FEFF}" + text, "a/my.set.jsonl") == [
        Instruction(id: "7", instruction: "Name a fruit.", topic: "food", reference: "A plum."),
        Instruction(
          id: "my.set-0002", instruction: "Name a éclair.", correct: ["Yes", "No; never"], incorrect: ["One", "two"]),
      ])
  }

  @Test func readsCSV() throws {
    let text = "id,Goal,topic,correct\r\na,\"Say \"\"hi\"\", twice\",,Hi; hi ;\r\nb,\"Two\r\nlines\",talk,\r\n"
    #expect(
      try read("\u{FEFF}" + text, "x.CSV") == [
        Instruction(id: "a", instruction: "Say \"hi\", twice", correct: ["Hi", "hi"]),
        Instruction(id: "b", instruction: "Two\r\nlines", topic: "talk"),
      ])
  }

  @Test func aContextStandsBeforeItsInstruction() throws {
    let fields = InstructionFields(instruction: "ask", context: "given")
    let rows = try InstructionReader.read(
      Data("ask,given\nSum it up.,A long text.\nName a tree.,\nName a bird., \n".utf8), path: "x.csv",
      format: .csv(fields), name: "x")
    #expect(rows.map(\.instruction) == ["A long text.\n\n---\n\nSum it up.", "Name a tree.", "Name a bird."])
    // A column of that name means nothing where it isn't asked for.
    let plain = try read("ask,context\nSum it up.,A long text.\n", "x.csv", field: "ask")
    #expect(plain.map(\.instruction) == ["Sum it up."])
  }

  @Test func readsAListOfTexts() throws {
    #expect(
      try read(" [\"One\",\n \"T\\\"wo\", \" three \"]\n", "list.json") == [
        Instruction(id: "list-0001", instruction: "One"), Instruction(id: "list-0002", instruction: "T\"wo"),
        Instruction(id: "list-0003", instruction: " three "),
      ])
  }

  @Test func readsAListOfObjects() throws {
    #expect(
      try read("\u{FEFF}[{\"question\": \"Why?\"}, {\"question\": \"When?\", \"id\": \"w\"}]", "q.json") == [
        Instruction(id: "q-0001", instruction: "Why?"), Instruction(id: "w", instruction: "When?"),
      ])
  }

  @Test func readsTopicsInTheOrderOfTheFile() throws {
    let text = "{\"Zoo\": {\"Birds\": [\"How do owls sleep?\"], \"Apes\": [\"Why?\", \"When?\"]}, \"Art\": [\"Who?\"]}"
    #expect(
      try read(text, "t.json") == [
        Instruction(id: "t-0001", instruction: "How do owls sleep?", topic: "Zoo / Birds"),
        Instruction(id: "t-0002", instruction: "Why?", topic: "Zoo / Apes"),
        Instruction(id: "t-0003", instruction: "When?", topic: "Zoo / Apes"),
        Instruction(id: "t-0004", instruction: "Who?", topic: "Art"),
      ])
  }

  @Test(arguments: ["One\nTwo", "One\r\nTwo\r\n", "\u{FEFF}One\nTwo\n"])
  func readsLines(_ text: String) throws {
    #expect(
      try read(text, "list.txt") == [
        Instruction(id: "list-0001", instruction: "One"), Instruction(id: "list-0002", instruction: "Two"),
      ])
  }

  @Test func takesTheFieldAskedFor() throws {
    #expect(try read("prompt,ask\nA,B\n", "f.csv", field: "ask").map(\.instruction) == ["B"])
    #expect(try read("question,prompt\nA,B\n", "f.csv").map(\.instruction) == ["B"])
    #expect(try read("{\"prompt\":\"A\",\"ask\":\"B\"}", "f.jsonl", field: "ask").map(\.instruction) == ["B"])
    #expect(try read("[{\"prompt\":\"A\",\"ask\":\"B\"}]", "f.json", field: "ask").map(\.instruction) == ["B"])
  }

  @Test func numbersAreAsWideAsTheyNeedToBe() throws {
    let ids = try read(String(repeating: "x\n", count: 10_001), "n.txt").map(\.id)
    #expect(ids[9_998] == "n-9999")
    #expect(ids[10_000] == "n-10001")
  }

  @Test(arguments: [
    ("f.csv", "prompt,b\nx,y\n\"cut", 3, "a field in quotation marks that never ends"),
    ("f.csv", "prompt,b\n\"x\ny\",z\nx\n", 4, "1 fields"),
    ("f.csv", "prompt,b\nx,y,z\n", 2, "3 fields"),
    ("f.csv", "prompt,b\nx,y\n\nx,y\n", 3, "an empty line"),
    ("f.csv", "prompt,b\nx\"y\",z\n", 2, "a quotation mark inside a field"),
    ("f.csv", "prompt,b\n\"x\"y,z\n", 2, "a character after a closing quotation mark"),
    ("f.csv", "prompt,b\nx,y\rx,y\n", 2, "a carriage return alone"),
    ("f.csv", "prompt,prompt\nx,y\n", 1, "the column \"prompt\" twice"),
    ("f.csv", "prompt,b\n,y\n", 2, "an empty \"prompt\""),
    ("f.csv", "id,prompt\n,y\n", 2, "an empty \"id\""),
    ("f.csv", "id,prompt\na,y\nb,z\na,x\n", 4, "is already on line 2"),
    ("f.csv", "name,b\nx,y\n", 1, "the fields \"name\", \"b\""),
    ("f.json", "[\"a\",\n \"b\",\n \"c\"", 3, "the end of the text at column 5"),
    ("f.json", "[\"a\",\n 3]", 2, "the number 3 as row 2"),
    ("f.json", "[\"a\",\n\n \"\"]", 3, "an empty text as row 2"),
    ("f.json", "[\"a\",]", 1, "\"]\" at column 6"),
    ("f.json", "[\"a\" \"b\"]", 1, "\"\"b\"]\" at column 6"),
    ("f.json", "[\"a\"] x", 1, "\"x\" at column 7"),
    ("f.json", "[\"a\\x\"]", 1, "found \\x at column 4"),
    ("f.json", "[\"a\nb\"]", 1, "at column 4"),
    ("f.json", "3", 1, "the number 3"),
    ("f.json", "nil", 1, "\"il\" at column 2"),
    ("f.json", "[01]", 1, "\"1]\" at column 3"),
    ("f.json", "[{\"prompt\": \"a\"},\n {\"question\": \"b\"}]", 2, "no \"prompt\""),
    ("f.json", "[{\"prompt\": \"a\"},\n \"b\"]", 2, "a text as row 2"),
    ("f.json", "[{\"prompt\": \"a\",\n \"prompt\": \"b\"}]", 2, "\"prompt\" again at column 2"),
    ("f.json", "[{\"ask\": \"a\"}]", 1, "the fields \"ask\""),
    ("f.json", "[{\"prompt\": \"a\", \"correct\": [1]}]", 1, "\"correct\" with the number 1"),
    ("f.json", "[{\"prompt\": \"a\", \"correct\": \" ; \"}]", 1, "no answer in \"correct\""),
    ("f.json", "{\"A\": {\"B\": [\"x\"],\n \"C\": 3}}", 2, "the number 3 under \"A / C\""),
    ("f.json", "{\"A\": [[\"x\"]]}", 1, "a list as row 1"),
    ("f.jsonl", "{\"prompt\": \"a\"}\n\n{\"prompt\": \"b\"}", 2, "an empty line"),
    ("f.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"", 2, "not JSON"),
    ("f.jsonl", "{\"prompt\": \"a\"}\n{\"goal\": \"b\"}", 2, "no \"prompt\""),
    ("f.jsonl", "{\"goal\": 4}", 1, "\"goal\" with a value that is not a string"),
    ("f.jsonl", "{\"ask\": \"b\"}", 1, "the fields \"ask\""),
    ("f.txt", "a\n\nb\n", 2, "an empty text as row 2"),
  ])
  func namesTheBadLine(path: String, text: String, line: Int, found: String) {
    let message = message(text, path)
    #expect(message.hasPrefix("\(path), line \(line): "), "\(message)")
    #expect(message.contains(found), "\(message)")
  }

  @Test(arguments: ["f.jsonl", "f.csv", "f.json", "f.txt"])
  func refusesEmptyFilesAndOtherEncodings(_ path: String) {
    for text in ["", " \r\n", "\u{FEFF}\n"] {
      #expect(throws: EvaluationError.emptyFile(path: path)) { try read(text, path) }
    }
    let latin = Data("first\nsecond \u{41}".utf8) + [0xE9] + Data("\nthird".utf8)
    let expected = EvaluationError.badLine(
      path: path, line: 2, found: "bytes that are not UTF-8", expected: "text in UTF-8")
    #expect(throws: expected) { try read(latin, path) }
  }

  @Test(arguments: [("f.csv", "prompt,b\n"), ("f.json", "[]"), ("f.json", "{}"), ("f.json", "{\"A\": []}")])
  func refusesFilesWithoutRows(path: String, text: String) {
    #expect(throws: EvaluationError.emptyFile(path: path)) { try read(text, path) }
  }

  @Test func saysWhatToDoWithFieldsAndFormats() {
    #expect(throws: EvaluationError.unknownFormat(path: "f.parquet")) { try read("x", "f.parquet") }
    #expect(throws: EvaluationError.unknownFormat(path: "f")) { try read("x", "f") }
    for (path, text) in [("f.txt", "x"), ("f.json", "[\"x\"]"), ("f.json", "{\"A\": [\"x\"]}")] {
      #expect(throws: EvaluationError.noFields(path: path, field: "ask")) { try read(text, path, field: "ask") }
    }
    let missing = EvaluationError.missingField(path: "f.csv", line: 1, field: "ask", found: ["prompt", "b"])
    #expect(throws: missing) { try read("prompt,b\nx,y\n", "f.csv", field: "ask") }
    #expect("\(missing)".contains("found no field \"ask\", only \"prompt\", \"b\""))
  }

  @Test func survivesDeepNestingAndCutsAnywhere() throws {
    #expect(message(String(repeating: "[", count: 100_000), "f.json").contains("levels of nesting"))
    #expect(message(String(repeating: "{\"a\":", count: 100_000), "f.json").contains("levels of nesting"))
    let whole = "[{\"prompt\": \"a\\\"\\u00e9\", \"correct\": [\"b\", true, null, -1.5e3]}]"
    for length in 0..<whole.utf8.count {
      let cut = Data(whole.utf8.prefix(length))
      #expect(throws: EvaluationError.self) { try read(cut, "f.json") }
    }
  }
}
