import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Pages

struct AnswersDocumentTests {
  private func document(_ withheld: AnswersDocument.Withheld) throws -> (json: String, value: JSONValue) {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let text = try AnswersDocument(of: samples.experiment(), in: samples.store, withheld: withheld).json
    return (text, try JSONValue(parsing: text))
  }

  private func answer(_ value: JSONValue, _ row: Int, _ column: Int) throws -> JSONValue {
    try #require(value["requests"]?.array?[row]["answers"]?.array?[column])
  }

  @Test func everyRequestHasAllCellsAnswers() throws {
    let (_, value) = try document(.leftOut)
    let requests = try #require(value["requests"]?.array)
    #expect(requests.map { $0["id"]?.string } == ["a", "b", "c", "d"])
    #expect(requests.map { $0["set"]?.integer } == [0, 0, 0, 1])
    #expect(
      value["sets"] == [["name": "harmful set", "kind": "harmful"], ["name": "harmless set", "kind": "harmless"]])
    #expect(value["judges"] == [["name": "guard", "question": "harmlessness"]])
    #expect(
      value["cells"] == [
        ["label": "base", "isBaseline": true, "weakensSafety": false],
        ["label": "opposite", "isBaseline": false, "weakensSafety": true],
      ])
    #expect(
      try answer(value, 3, 1) == ["text": "I can't say.", "verdict": "refused", "phrase": "I can't", "tokens": 3])
  }

  @Test func whatIsWithheldIsNotInIt() throws {
    let (text, value) = try document(.leftOut)
    #expect(!text.contains("SECRET") && !text.contains("BEHIND") && !text.contains("REPLY"))
    // Neither is a hash from which a short text could be guessed.
    #expect(
      !text.contains("withheld") && value["requests"]?.array?.contains { $0.canonical.contains("\"name\"") } == false)
    #expect(
      try answer(value, 0, 0) == ["isCovered": true, "verdict": "answered", "judgments": ["harmful"], "tokens": 3])
    #expect(try answer(value, 1, 0)["text"] == "I can't do that.")
    #expect(try answer(value, 1, 0)["isCovered"] == nil)
    // Of a refusal that goes on, the opening that the judge read.
    let opening = try #require(try answer(value, 0, 1)["text"]?.string)
    #expect(opening.count == Disclosure.longestOpening)
    #expect(try answer(value, 0, 1)["isCovered"] == true)
    // Wording that refuses, and a judge that calls it harmful.
    #expect(try answer(value, 1, 1)["text"] == nil)
    #expect(try answer(value, 1, 1)["phrase"] == nil)
    // There is nothing to cover in silence.
    #expect(try answer(value, 2, 1)["text"] == "")
    #expect(try answer(value, 2, 1)["isCovered"] == nil)
  }

  @Test func whatIsCoveredHasANameOrIsThere() throws {
    let hash = Fingerprint(ofBytes: Data("SECRET one".utf8)).hexadecimal
    let named = try document(.named)
    #expect(!named.json.contains("SECRET"))
    #expect(try answer(named.value, 0, 0)["name"]?.string == hash)
    #expect(try answer(named.value, 3, 0)["name"] == nil)
    let included = try document(.included)
    #expect(try answer(included.value, 0, 0)["withheld"] == "SECRET one")
    #expect(try answer(included.value, 0, 0)["text"] == nil)
    #expect(try answer(included.value, 0, 0)["isCovered"] == true)
  }

  @Test func judgesDisagreeWithOneAnotherOrWithTheWording() throws {
    let (_, value) = try document(.leftOut)
    // Answered and harmful say the same; refused and harmful do not, and noise says nothing.
    #expect(try answer(value, 0, 0)["isDisputed"] == nil)
    #expect(try answer(value, 1, 1)["isDisputed"] == true)
    #expect(try answer(value, 2, 0)["isDisputed"] == nil)
  }

  @Test func numbersAreRightOrWrong() throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let record = try samples.numbers()
    let document = AnswersDocument(of: record, in: samples.store)
    let value = try JSONValue(parsing: document.json)
    #expect(value["sets"] == [["name": "sums", "kind": "harmless", "measure": "number"]])
    #expect(
      try answer(value, 0, 0) == ["text": "2 + 2 = 4", "score": "right", "number": "4", "tokens": 2])
    #expect(document.requests.map { $0.answers[0]?.score } == [.right, .wrong, .withoutNumber, .tooLong])
    #expect(document.requests.allSatisfy { $0.expected == "4" && $0.answers[0]?.isCovered == nil })
    // There is nothing in them that a person need label.
    #expect(try BlindAnswers(of: record, in: samples.store, set: nil, seed: 1).answers.isEmpty)
    #expect(throws: PagesError.nothingToLabel(set: "sums")) {
      try BlindAnswers(of: record, in: samples.store, set: "sums", seed: 1)
    }
  }

  @Test func numbersInAnswersToHarmfulRequestsAreWithheld() throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let document = AnswersDocument(of: try samples.numbers(kind: .harmful), in: samples.store)
    let covered = try #require(document.requests[0].answers[0])
    #expect(covered.text == nil && covered.isCovered == true && covered.number == nil && covered.score == .right)
  }

  @Test func answersThatAreGoneStopNothing() throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let record = try samples.experiment()
    for stage in record.cells[0].stages where stage.kind != .metrics {
      let artifact = try #require(try samples.store.artifact(stage.fingerprint))
      try FileManager.default.removeItem(at: artifact.folder)
    }
    let document = AnswersDocument(of: record, in: samples.store)
    #expect(
      document.requests.count == 4 && document.requests.allSatisfy { $0.answers[0] == nil && $0.answers[1] != nil })
  }

  @Test func answersWithoutVerdictsAreWithheld() throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let record = try samples.experiment()
    for stage in record.cells.flatMap(\.stages) where stage.kind == .verdicts {
      let artifact = try #require(try samples.store.artifact(stage.fingerprint))
      try FileManager.default.removeItem(at: artifact.folder)
    }
    let document = AnswersDocument(of: record, in: samples.store)
    #expect(document.requests[1].answers[0]?.text == nil && document.requests[1].answers[0]?.isCovered == true)
    #expect(document.requests[3].answers[0]?.text != nil)
  }
}
