import Compute
package import EngineContract
import Foundation
package import LanguageModel

/// Looks at an answer token by token under its method.
package struct TokenTrace {
  private let passes: [ModelPass]
  private let rule: any CombinationRule
  private let context: ComputeContext
  private let vocabularySize: Int

  /// A trace of one method's answers.
  /// - Throws: `LanguageModelError` for a prompt that is too long, and for models of different vocabularies.
  package init(streams: [GenerationStream], rule: any CombinationRule) throws(LanguageModelError) {
    precondition(!streams.isEmpty && streams.count == rule.streams, "as many prompts as the rule combines")
    passes = try ModelPass.passes(for: streams)
    self.rule = rule
    context = streams[0].model.context
    vocabularySize = streams[0].model.configuration.vocabularySize
  }

  /// The steps of an answer's tokens, given again as they were taken.
  /// - Parameter turns: The turn of each stream.
  /// - Throws: `LanguageModelError` for an unknown token or a conversation that is too long.
  package func steps(of tokens: [Int], turns: StreamTurns) throws(LanguageModelError) -> [TokenStep] {
    guard !tokens.isEmpty else { return [] }
    let rows = tokens.count, longest = turns.longest + rows
    var logits = Matrix(rows: rule.streams * rows, columns: vocabularySize)
    for pass in passes {
      var batch = ModelBatch(pass, sequences: 1, capacity: longest)
      try batch.run(
        slots: [0], tokens: { stream in [turns[stream] + tokens.dropLast()] },
        keeping: [rows], into: &logits)
    }
    let before = logits, normalizers = context.logNormalizers(of: logits)
    let favorites = context.largest(of: logits)
    rule.combine(&logits, steps: Array(0..<rows), on: context)
    let after = context.logNormalizers(of: logits)
    return tokens.enumerated().map { row, token in
      let favorite = favorites[row]
      return TokenStep(
        token: token,
        streamProbabilities: (0..<rule.streams).map { stream in
          exp(Double(before[stream * rows + row, token]) - normalizers[stream * rows + row])
        }, probability: exp(Double(logits[row, token]) - after[row]), favorite: favorite,
        favoriteBefore: exp(Double(before[row, favorite]) - normalizers[row]),
        favoriteAfter: exp(Double(logits[row, favorite]) - after[row]))
    }
  }
}
