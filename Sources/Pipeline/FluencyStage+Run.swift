package import Foundation
import Records
package import Stages

/// How likely the untouched model holds each answer of one set.
extension FluencyStage: RunnableStage {
  /// Scores the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let answers: [Generation] = try context.rows(GenerationsStage.rows, of: inputs.generations)
    let scorer = try UntouchedScorer(on: context.engine(inputs.target, precision: parameters.precision))
    let found = try scorer.logProbabilities(
      of: answers.map { .init(request: $0.given, tokens: $0.tokens) }, in: context)
    let rows = zip(answers, found).map {
      AnswerFluency(id: $0.id, tokens: $0.tokens.count, logLikelihood: UntouchedScorer.mean($1))
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    return ["answers": Double(rows.count), "tokens": Double(rows.reduce(0) { $0 + $1.tokens })]
  }

  /// The file of the rows in the artifact.
  static let rows = "fluency.jsonl"
}
