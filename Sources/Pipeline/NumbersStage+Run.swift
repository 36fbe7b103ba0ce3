import Evaluation
package import Foundation
import Records
package import Stages

/// The number that each answer comes to, beside the right one. Of a model that thinks aloud, what stands behind its
/// thinking counts.
extension NumbersStage: RunnableStage {
  /// Compares the numbers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let answers: [Generation] = try context.rows(GenerationsStage.rows, of: inputs.generations)
    let file = try context.file(inputs.requests)
    let expected = Dictionary(
      try file.instructions(parameters.requests).map { ($0.id, try file.number(of: $0)) }
    ) { first, _ in first }
    let rows = try answers.map { answer in
      guard let number = expected[answer.requestID] else {
        throw PipelineError.damaged(
          StageReference(kind: .generations, name: "", fingerprint: inputs.generations.fingerprint))
      }
      return NumberAnswer(
        id: answer.id, expected: number, found: LastNumber.digits(in: answer.said ?? ""),
        isTooLong: answer.finish == .tooLong)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    return ["answers": Double(rows.count), "right": Double(rows.count { $0.isRight })]
  }

  /// The file of the rows in the artifact.
  static let rows = "numbers.jsonl"
}
