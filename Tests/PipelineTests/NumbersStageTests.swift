import Evaluation
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Pipeline

@Suite struct NumbersStageTests {
  /// A second answer to a request is compared with the number of that request.
  @Test func severalAnswersToARequest() throws {
    var context = StoredContext()
    defer { context.remove() }
    let file = Reference<Content.File>(Fingerprint(of: "requests"))
    context.files[file] = SourceFile(
      Data((#"{"id": "a", "instruction": "What is 3 + 4?", "reference": "It is 7."}"# + "\n").utf8), name: "sums.jsonl")
    let selection = RequestSelection(
      source: .file(format: "jsonl", field: nil, rowName: nil), size: nil, sampleSeed: nil)
    let model = ModelReference(
      weights: Reference(Fingerprint(of: "weights")), tokenizer: Reference(Fingerprint(of: "tokenizer")))
    let generations = try context.commit(
      GenerationsStage(
        parameters: .init(
          sampling: SamplingParameters(temperature: 1, topP: 1, topK: 0), method: MethodParameters(method: .base),
          requests: selection, maximumTokens: 20, precision: nil, samples: 2),
        inputs: MethodInputs(model: model, requests: file), seed: 1)
    ) { folder in
      let rows = [
        Generation(id: "a", instruction: "What is 3 + 4?", text: "6", tokens: [1], finish: .end),
        Generation(id: "a#2", instruction: "What is 3 + 4?", text: "7", tokens: [2], finish: .end, request: "a"),
      ]
      try RowFile.write(rows, to: folder.appending(path: "generations.jsonl"))
    }
    let made = try context.run(
      NumbersStage(parameters: .init(requests: selection), inputs: .init(generations: generations, requests: file)))
    let rows = try RowFile.read(NumberAnswer.self, from: made.file("numbers.jsonl"))
    #expect(rows.map(\.id) == ["a", "a#2"])
    #expect(rows.map(\.expected) == ["7", "7"])
    #expect(rows.map(\.isRight) == [false, true])
  }
}
