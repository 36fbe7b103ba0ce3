import Compute
import EngineContract
import LanguageModel
import ModelFiles
import OppositePrompts
import Stages
import TestSupport

/// `objective.json` or `optimizer.json` with its tensors, of the real model or (`tiny-…`) the tiny one.
struct ObjectiveFixture {
  struct Pair: Decodable {
    let beforeIDs: [Int]
    let afterIDs: [Int]
    let responseIDs: [Int]
  }

  struct Pairs: Decodable {
    let refused: [Pair]
    let answered: [Pair]
    let harmless: [Pair]
    let harmlessRefusal: [Pair]?
  }

  /// The loss's terms before the factors, and the totals.
  struct Description: Decodable {
    let pairs: Pairs
    let terms: [String: Double]?
    let adam: Track?
    let adamW: Track?
  }

  /// Ten steps of an optimizer.
  struct Track: Decodable {
    let weightDecay: Double
    let losses: [Double]
    let gradientNormsBeforeClipping: [Double]
  }

  private struct Missing: Error {
    let name: String
  }

  let description: Description
  let tensors: [String: SafetensorsTensor]
  /// The tokens between the soft prompt and the instruction, those that all the pairs begin with.
  let afterSystem: [Int]

  init(_ name: String) throws {
    description = try Fixtures.oppositePrompts.json(name, as: Description.self)
    tensors = try Fixtures.oppositePrompts.tensors(name)
    let pairs = description.pairs
    let turns = [pairs.refused, pairs.answered, pairs.harmless].flatMap { $0 }.map(\.afterIDs)
    var common = turns.first ?? []
    for turn in turns { common = Array(zip(common, turn).prefix { $0 == $1 }.map(\.0)) }
    afterSystem = common
  }

  /// The pairs by the set that they belong to; those in the same place of their sets count as twins.
  func pairs(_ categories: [AnchorPair.Category] = AnchorPair.Category.allCases) -> [TrainingPair] {
    categories.flatMap { category in
      let pairs: [Pair] =
        switch category {
        case .refused: description.pairs.refused
        case .answered: description.pairs.answered
        case .harmless: description.pairs.harmless
        case .harmlessRefused: description.pairs.harmlessRefusal ?? []
        }
      return pairs.enumerated().map { index, pair in
        TrainingPair(
          turn: Array(pair.afterIDs.dropFirst(afterSystem.count)), response: pair.responseIDs, category: category,
          twins: index)
      }
    }
  }

  func tensor(_ name: String) throws -> [Float] {
    guard let tensor = tensors[name] else { throw Missing(name: name) }
    return tensor.values
  }

  /// The soft prompt, `[P, d]`.
  func softPrompt() throws -> Matrix {
    guard let tensor = tensors["softPrompt"], tensor.shape.count == 2,
      let rows = Matrix(rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.values)
    else { throw Missing(name: "softPrompt") }
    return rows
  }

  func objective(
    of model: LanguageModel, prompt: PromptRole, weights: PromptStage.Weights = PromptStage.Weights()
  ) throws -> Objective {
    try Objective(
      model: model, beforeSystem: description.pairs.refused[0].beforeIDs, afterSystem: afterSystem, prompt: prompt,
      weights: weights)
  }
}
