import Evaluation
package import Foundation
import Records
package import Stages

/// Answers that came from elsewhere, in the order of the evaluation set.
extension GivenAnswersStage: RunnableStage {
  /// Reads the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let given = try context.file(inputs.answers).givenAnswers(
      to: parameters.requests, in: context.file(inputs.requests))
    let rows = given.map { answer in
      Generation(
        id: answer.request.id, instruction: answer.request.instruction, text: answer.text, tokens: [],
        finish: answer.isCut ? .length : .end)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(GenerationsStage.rows))
    return ["answers": Double(rows.count)]
  }
}
