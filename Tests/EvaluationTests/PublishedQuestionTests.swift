import Foundation
import Stages
import Testing

@testable import Evaluation

struct PublishedQuestionTests {
  private let program =
    "import re\n\nOTHER = 1\nWILDGUARD_INPUT_FORMAT = \"\"\"<|user|>\nQ {prompt} A {response}\n\"\"\"\n"

  @Test func theTextOfItsVariableIsTheQuestion() throws {
    let question = try #require(PublishedQuestion.named("wildguard"))
    let text = try question.text(in: Data(program.utf8), path: "utils.py")
    #expect(String(decoding: text, as: UTF8.self) == "<|user|>\nQ {prompt} A {response}\n")
    let prompt = try JudgePrompt(SourceFile(text, name: "wildguard"), for: question.format)
    #expect(prompt.parts.last == .own("\n"))
  }

  @Test func anotherFileIsNamed() throws {
    let question = try #require(PublishedQuestion.named("wildguard"))
    for text in ["", "WILDGUARD_INPUT_FORMAT = 1", "\nWILDGUARD_INPUT_FORMAT = \"\"\"open"] {
      let error = try #require(throws: EvaluationError.self) {
        try question.text(in: Data(text.utf8), path: "utils.py")
      }
      #expect("\(error)".hasPrefix("utils.py: WILDGUARD_INPUT_FORMAT: found no text"))
    }
  }

  /// Each has a hash, and a name that no benchmark has.
  @Test func allAreCheckedByTheirHash() {
    for question in PublishedQuestion.all {
      #expect(question.source.sha256?.count == 64 && question.format.needsFile)
      #expect(!BenchmarkCatalog.all.contains { $0.name == question.source.name })
    }
  }
}
