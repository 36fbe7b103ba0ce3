import Compute
import EngineContract
import Foundation
import LanguageModel
import Randomness
import Stages
import TestSupport
import Testing

@testable import OppositePrompts

/// Directed Representation Optimization on the tiny models.
struct RepresentationTests {
  private let fixture: ObjectiveFixture
  private let weights = PromptStage.Representation(refusal: 0.9, harmfulness: 0.4, remainder: 0.3)

  private var beforeSystem: [Int] { fixture.description.pairs.refused[0].beforeIDs }

  init() throws { fixture = try ObjectiveFixture("tiny-objective") }

  /// Two orthonormal directions and some logits.
  private func space(width: Int) -> RepresentationSpace {
    let first = (0..<width).map { $0 % 2 == 0 ? 1.0 : -1 }, second = (0..<width).map { $0 % 4 < 2 ? 1.0 : -1 }
    let norm = Double(width).squareRoot()
    return RepresentationSpace(
      subspace: .init(
        mean: (0..<width).map { 0.01 * Double($0) }, components: [first.map { $0 / norm }, second.map { $0 / norm }],
        shares: [0.5, 0.2]),
      refusal: .init(weights: [0.8, -0.3], bias: 0.1), harmfulness: .init(weights: [-0.2, 0.5], bias: -0.4))
  }

  private func objective(of model: LanguageModel, start: Matrix) throws -> RepresentationObjective {
    try RepresentationObjective(
      model: model, beforeSystem: beforeSystem, afterSystem: fixture.afterSystem,
      terms: RepresentationTerms(space: space(width: model.configuration.width), weights: weights), start: start)
  }

  private func moved(_ z: Matrix, by step: Float) -> Matrix {
    var random = CounterRandom(test: 5), moved = z
    let noise = random.matrix(z.rows, z.columns)
    for row in 0..<z.rows { moved.add(noise[row: row].map { $0 * step }[...], toRow: row) }
    return moved
  }

  /// The authors' formula, written out over states of whole passes of single conversations.
  @Test func isTheAuthorsLoss() throws {
    let model = try TinyModel.f32.load(), start = try fixture.softPrompt(), z = moved(start, by: 0.05)
    let pairs = fixture.pairs([.refused, .answered, .harmless]), width = z.columns, space = space(width: width)
    var objective = try objective(of: model, start: start)
    let value = try objective.value(of: z, on: pairs, wantsGradient: false)
    func state(_ prompt: Matrix, _ turn: [Int]) throws -> [Double] {
      let rows = Matrix.stacking(
        [try model.embed(beforeSystem), prompt, try model.embed(fixture.afterSystem), try model.embed(turn)],
        columns: width)
      return try model.hiddenStates(of: rows, behind: [model.configuration.layers + 1])[0].map(Double.init)
    }
    var seen: Set<[Int]> = [], refusal = 0.0, harmfulness = 0.0, remainder = 0.0
    for pair in pairs where seen.insert(pair.turn).inserted {
      let now = try state(z, pair.turn), before = try state(start, pair.turn)
      func logit(_ logit: RepresentationSpace.Logit, _ state: [Double]) -> Double {
        zip(logit.weights, space.subspace.components).reduce(logit.bias) { sum, part in
          sum + part.0 * zip(part.1, zip(state, space.subspace.mean)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
        }
      }
      let isHarmful = pair.category != .harmless
      func entropy(_ f: RepresentationSpace.Logit) -> Double {
        let probability = 1 / (1 + exp(-(logit(f, now) - logit(f, before))))
        return isHarmful ? -log(probability) : -log(1 - probability)
      }
      refusal += entropy(space.refusal)
      harmfulness += entropy(space.harmfulness)
      var rest = zip(now, before).map { $0 - $1 }
      for component in space.subspace.components {
        let along = zip(component, rest).reduce(0) { $0 + $1.0 * $1.1 }
        rest = zip(rest, component).map { $0 - along * $1 }
      }
      remainder += rest.reduce(0) { $0 + $1 * $1 } / Double(width - 2)
    }
    let count = Double(seen.count)
    #expect(value.tokens == seen.count && seen.count < pairs.count && refusal > 0)
    let losses = try #require(value.representation)
    assertClose(losses.refusal, refusal / count, within: .relative(1e-4))
    assertClose(losses.harmfulness, harmfulness / count, within: .relative(1e-4))
    assertClose(losses.remainder, remainder / count, within: .relative(1e-3))
    assertClose(
      value.total, 0.9 * losses.refusal + 0.4 * losses.harmfulness + 0.3 * losses.remainder, within: .relative(1e-12))
    // Nothing has moved at the start.
    let first = try objective.value(of: start, on: pairs, wantsGradient: false).representation
    assertClose(first?.refusal ?? 0, 0.693147180559945, within: .absolute(1e-9))
    #expect(first?.remainder == 0)
  }

  @Test(arguments: TinyModel.allCases) func gradientIsTheFiniteDifference(kind: TinyModel) throws {
    let model = try kind.load(), start = try fixture.softPrompt(), z = moved(start, by: 0.05)
    let pairs = fixture.pairs([.refused, .harmless])
    var objective = try objective(of: model, start: start)
    let gradient = try #require(try objective.value(of: z, on: pairs, wantsGradient: true).gradient)
    try expectSlopes(of: gradient, at: z, directions: 3, seed: 2, within: 3e-4) {
      try objective.value(of: $0, on: pairs, wantsGradient: false).total
    }
  }

  /// The mean over parts is that over all.
  @Test func partsJoinToTheWhole() throws {
    let model = try TinyModel.f32.load(), start = try fixture.softPrompt(), z = moved(start, by: 0.05)
    let pairs = fixture.pairs([.refused, .harmless])
    let terms = RepresentationTerms(space: space(width: z.columns), weights: weights)
    var objective = try objective(of: model, start: start)
    let whole = try objective.value(of: z, on: pairs, wantsGradient: false)
    let parts = try [Array(pairs.prefix(1)), Array(pairs.dropFirst())].map {
      (value: try objective.value(of: z, on: $0, wantsGradient: false), pairs: $0)
    }
    assertClose(terms.joining(parts).total, whole.total, within: .relative(1e-9))
  }
}
