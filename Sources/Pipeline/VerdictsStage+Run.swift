import Evaluation
package import Foundation
import Records
package import Stages

/// The verdict on each answer by its wording.
extension VerdictsStage: RunnableStage {
  /// Judges the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let judge = try RefusalJudge(adding: context.phrases(inputs.wordings))
    let answers: [Generation] = try context.rows(GenerationsStage.rows, of: inputs.generations)
    let rows = answers.map { answer in
      if answer.finish == .tooLong { return Verdict(id: answer.id, label: .tooLong, phrase: nil) }
      let verdict = judge.verdict(on: answer.text, beginsInThought: answer.beginsInThought ?? false)
      return Verdict(id: answer.id, label: verdict.label, phrase: verdict.phrase)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    return ["verdicts": Double(rows.count)]
  }

  /// The file of the verdicts in the artifact.
  static let rows = "verdicts.jsonl"
}
