import Evaluation
package import Foundation
import Records
package import Stages

/// The verdict on each answer by its wording, and by its likelihood where that is measured.
extension VerdictsStage: RunnableStage {
  /// Judges the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let judge = try RefusalJudge(adding: context.phrases(inputs.wordings))
    let answers: [Generation] = try context.rows(GenerationsStage.rows, of: inputs.generations)
    let noise = try noise(in: context)
    let rows = answers.map { answer in
      if answer.finish == .tooLong { return Verdict(id: answer.id, label: .tooLong, phrase: nil) }
      let verdict = judge.verdict(on: answer.text, beginsInThought: answer.beginsInThought ?? false)
      // Whatever words a salad of tokens holds, it says nothing; what has a verdict by its form keeps it.
      if noise.contains(answer.id), verdict.label == .refused || verdict.label == .answered {
        return Verdict(id: answer.id, label: .noise, phrase: nil)
      }
      return Verdict(id: answer.id, label: verdict.label, phrase: verdict.phrase)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    return ["verdicts": Double(rows.count)]
  }

  /// The answers that are noise by their likelihood; none where it is not measured.
  private func noise(in context: some StageContext) throws -> Set<String> {
    guard let fluency = inputs.fluency, let typicality = inputs.typicality else { return [] }
    let bound = try context.noiseBound(of: typicality)
    let rows: [AnswerFluency] = try context.rows(FluencyStage.rows, of: fluency)
    return Set(rows.filter(bound.isNoise).map(\.id))
  }

  /// The file of the verdicts in the artifact.
  static let rows = "verdicts.jsonl"
}
