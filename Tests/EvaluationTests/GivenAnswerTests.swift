import Foundation
import Stages
import Testing

@testable import Evaluation

struct GivenAnswerTests {
  private let requests = SourceFile(
    Data(
      """
      {"id": "a", "instruction": "How do I boil an egg?"}
      {"id": "b", "instruction": "Name a city."}
      {"id": "c", "instruction": "Say hello."}
      """.utf8), name: "requests.jsonl")

  private func answers(_ text: String, size: Int? = nil) throws -> [GivenAnswer] {
    try SourceFile(Data(text.utf8), name: "answers.jsonl").givenAnswers(
      to: RequestSelection(source: .file(format: "jsonl", field: nil, rowName: nil), size: size, sampleSeed: nil),
      in: requests)
  }

  @Test func rowsAreFoundByTheirIdOrText() throws {
    let found = try answers(
      """
      {"id": "b", "answer": "Lyon.", "model": "m"}
      {"prompt": "Say hello.", "response": "Hel", "finish_reason": "length"}
      {"id": "a", "instruction": "How do I boil an egg?", "output": ""}

      """)
    #expect(found.map(\.request.id) == ["a", "b", "c"] && found.map(\.text) == ["", "Lyon.", "Hel"])
    #expect(found.map(\.isCut) == [false, false, true])
  }

  @Test func answersToRequestsThatAreNotAskedAreLetBe() throws {
    let all = #"{"id": "c", "answer": "z"}"# + "\n" + #"{"id": "a", "answer": "x"}"#
    #expect(try answers(all, size: 1).map(\.text) == ["x"])
  }

  @Test(
    arguments: [
      (#"{"id": "a", "answer": "x"}"#, "answers.jsonl: b: found no answer, expected one for each of the 3 requests"),
      (
        #"{"id": "z", "answer": "x"}"#,
        "answers.jsonl, line 1: found the id \"z\"; expected the id of a request of the set"
      ),
      (
        "{\"id\": \"a\", \"answer\": \"x\"}\n{\"id\": \"a\", \"answer\": \"y\"}",
        "answers.jsonl, line 2: the id \"a\" is already on line 1"
      ),
      (
        #"{"id": "a", "instruction": "Another.", "answer": "x"}"#,
        "answers.jsonl, line 1: found another text than the set has under the id \"a\""
      ),
      (#"{"prompt": "Unknown.", "answer": "x"}"#, "answers.jsonl, line 1: found a request that the set does not have"),
      (#"{"answer": "x"}"#, "answers.jsonl, line 1: found neither an id nor a request"),
      (#"{"id": "a"}"#, "answers.jsonl, line 1: found no answer; expected one of \"answer\", \"response\""),
      (#"{"id": "a", "answer": 3}"#, "answers.jsonl, line 1: found \"answer\" with a value that is not a string"),
      (
        "{\"prompt\": \"Say hello.\", \"answer\": \"x\"}\n{\"prompt\": \"Say hello.\", \"answer\": \"y\"}",
        "answers.jsonl, line 2: found another answer to the request of line 1"
      ),
      ("", "answers.jsonl: the file: found no line"),
      ("nonsense", "answers.jsonl, line 1: found text that is not JSON"),
    ])
  func whatIsWrongIsNamed(text: String, message: String) throws {
    let error = try #require(throws: EvaluationError.self) { try answers(text) }
    #expect("\(error)".hasPrefix(message), "\(error)")
  }
}
