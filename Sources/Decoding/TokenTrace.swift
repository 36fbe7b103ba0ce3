import Compute
import Foundation
package import LanguageModel

/// What a method did at one step of an answer: how likely each stream held the token that was taken, and what the first
/// stream alone would have taken.
package struct TokenStep: Sendable, Equatable {
  /// The token that was taken.
  package var token: Int
  /// Its probability under each stream alone, in the streams' order.
  package var streamProbabilities: [Double]
  /// Its probability in the combined distribution.
  package var probability: Double
  /// The token that the first stream alone holds likeliest.
  package var favorite: Int
  /// The favorite's probability under the first stream alone.
  package var favoriteBefore: Double
  /// The favorite's probability in the combined distribution.
  package var favoriteAfter: Double

  /// Whether the combination took another token than the first stream alone would have.
  package var isChanged: Bool { token != favorite }
}

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
  /// - Parameter turns: The turn of each stream, or one for all.
  /// - Throws: `LanguageModelError` for an unknown token or a conversation that is too long.
  package func steps(of tokens: [Int], turns: [[Int]]) throws(LanguageModelError) -> [TokenStep] {
    guard !tokens.isEmpty else { return [] }
    let rows = tokens.count, longest = (turns.map(\.count).max() ?? 0) + rows
    var logits = Matrix(rows: rule.streams * rows, columns: vocabularySize)
    for pass in passes {
      var batch = ModelBatch(pass, sequences: 1, capacity: longest)
      try batch.run(
        slots: [0], tokens: { stream in [(turns.count == 1 ? turns[0] : turns[stream]) + tokens.dropLast()] },
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
