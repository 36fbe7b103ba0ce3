import Experiments
import Foundation
import Records
import Stages
import Testing

@Suite struct RowFileTests {
  private let scratch: ScratchFolder
  private let file: URL

  init() throws {
    scratch = try ScratchFolder()
    file = scratch.url.appendingPathComponent("rows.jsonl")
  }

  @Test func writesCanonicalLinesInOrder() throws {
    let rows = [
      Generation(id: "b", instruction: "Say \"é\"", text: "é\n😂", tokens: [3, 1, 2], finish: .length),
      Generation(id: "a", instruction: "", text: "", tokens: [], finish: .end),
    ]
    try RowFile.write(rows, to: file)
    #expect(
      try String(contentsOf: file, encoding: .utf8) == #"""
        {"finish":"length","id":"b","instruction":"Say \"é\"","text":"é\n😂","tokens":[3,1,2]}
        {"finish":"end","id":"a","instruction":"","text":"","tokens":[]}

        """#)
    #expect(try RowFile.read(Generation.self, from: file) == rows)
  }

  @Test func everyRowComesBack() throws {
    let losses = TuningLosses(
      likelihood: 1.25, unlikelihood: 1e-9, regularization: 0.1, harmlessRefusal: 0, total: 1.350000001)
    func passes<Row: Codable & Equatable>(_ row: Row) throws -> Bool {
      try RowFile.write([row], to: file)
      return try RowFile.read(Row.self, from: file) == [row]
    }
    #expect(
      try passes(
        AnchorPair(
          id: "h1", instruction: "i", kind: .harmful, systemPrompt: .null, answer: "a", category: .refused,
          source: .wording, ended: true)))
    #expect(try passes(TuningStep(step: 1, losses: losses, gradientNorm: 3.5, learningRate: 1e-3, tokens: 99)))
    #expect(try passes(ValidationPoint(step: 20, losses: losses, refusalGap: nil, isKept: false)))
    #expect(try passes(ValidationPoint(step: 20, losses: losses, refusalGap: 2.5, isKept: true)))
    #expect(try passes(Verdict(id: "h1", label: .degenerate, phrase: nil)))
    #expect(try passes(Verdict(id: "h1", label: .refused, phrase: "I can't")))
    #expect(try passes(Samples.experiment("x", started: 5).cells[0]))
  }

  @Test func numbersThatAreNotFiniteAreNotWritten() throws {
    let losses = TuningLosses(likelihood: .nan, unlikelihood: 0, regularization: 0, harmlessRefusal: 0, total: .nan)
    #expect(throws: EncodingError.self) {
      try RowFile.write([ValidationPoint(step: 1, losses: losses, refusalGap: nil, isKept: false)], to: file)
    }
  }

  @Test(arguments: [
    ("", "found an empty file, expected JSON Lines, one object a line"),
    (" \n\n", "found an empty file, expected JSON Lines, one object a line"),
    (
      "{\"id\":\"a\",\"label\":\"refused\"}\n\n{\"id\":\"b\"\n",
      "line 3, column 10: found the end of the text, expected \",\" or \"}\""
    ),
    (
      "{\"id\":\"a\",\"label\":\"refused\"}\n{\"id\":\"b\"}\n", "line 2, key \"label\": found nothing, expected a value"
    ),
    ("{\"id\":7,\"label\":\"refused\"}", "line 1, key \"id\": found a value of another type, expected a string"),
    ("[1]", "line 1: found a value of another type, expected an object"),
    (
      "{\"id\":\"a\",\"id\":\"b\",\"label\":\"refused\"}",
      "line 1, column 11: found \"id\" again, expected a key that this object does not have yet"
    ),
  ])
  func refusesWithTheLine(text: String, message: String) throws {
    try Data(text.utf8).write(to: file)
    let error = #expect(throws: RecordsError.self) { try RowFile.read(Verdict.self, from: file) }
    #expect(error?.description == "\(file.path): \(message)")
  }

  @Test func refusesALabelThatIsNotPossible() throws {
    try Data("{\"id\":\"a\",\"label\":\"maybe\"}".utf8).write(to: file)
    let error = #expect(throws: RecordsError.self) { try RowFile.read(Verdict.self, from: file) }
    #expect(error?.description.hasPrefix("\(file.path): line 1, key \"label\": found a value that is not") == true)
  }

  @Test func refusesWhatIsNotUTF8AndWhatIsNotThere() throws {
    try Data([0xFF, 0xFE, 0x0A]).write(to: file)
    let error = #expect(throws: RecordsError.self) { try RowFile.read(Verdict.self, from: file) }
    #expect(error?.description == "\(file.path): found bytes that are not UTF-8, expected UTF-8 text")
    let missing = scratch.url.appendingPathComponent("missing.jsonl")
    let second = #expect(throws: RecordsError.self) { try RowFile.read(Verdict.self, from: missing) }
    #expect(second?.description == "\(missing.path): can't be read (No such file or directory)")
  }
}
