import Compute
import EngineContract
import Foundation
import LanguageModel
import Randomness
import Stages
import TestSupport
import Testing

@testable import OppositePrompts

/// L_r as a divergence from the untouched model, on the tiny models.
struct DivergenceTests {
  private let fixture: ObjectiveFixture

  init() throws { fixture = try ObjectiveFixture("tiny-objective") }

  private func objective(of model: LanguageModel, regularization: Double = 1.3) throws -> Objective {
    try fixture.objective(
      of: model, prompt: .safeguarding,
      weights: PromptStage.Weights(
        likelihood: 0.7, unlikelihood: 2.5, regularization: regularization, regularizer: .divergence))
  }

  /// `Σ p₀ ln(p₀ / p)` at each token of the harmless answers, from whole passes of single conversations.
  @Test func isTheMeanDivergenceOfTheTokens() throws {
    let model = try TinyModel.f32.load(), objective = try objective(of: model), z = try fixture.softPrompt()
    var activations = PackedActivations(model.configuration)
    let pairs = fixture.pairs([.harmless, .refused])
    let value = try objective.evaluate(z, on: pairs, activations: &activations, wantsGradient: false)
    func logProbabilities(_ pair: TrainingPair, _ prompt: Matrix) throws -> [[Double]] {
      let rows = Matrix.stacking(
        [objective.beforeSystem, prompt, objective.afterSystem, try model.embed(pair.turn + pair.response.dropLast())],
        columns: z.columns)
      var memory = PackedActivations(model.configuration)
      try model.forward(
        PackedBatch(prefix: Matrix(rows: 0, columns: z.columns), sequences: [.init(rows: rows)]), keeping: &memory)
      let first = rows.rows - pair.response.count
      return (first..<rows.rows).map { row in
        let logits = model.logits(of: memory.hidden.rows(in: row..<row + 1)).values.map(Double.init)
        let normalizer = log(logits.reduce(0) { $0 + exp($1) })
        return logits.map { $0 - normalizer }
      }
    }
    var sum = 0.0, count = 0
    for pair in pairs where pair.category == .harmless {
      let empty = Matrix(rows: 0, columns: z.columns)
      for (new, old) in zip(try logProbabilities(pair, z), try logProbabilities(pair, empty)) {
        sum += zip(old, new).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        count += 1
      }
    }
    #expect(count > 3 && sum > 0)
    assertClose(value.regularization, sum / Double(count), within: .relative(1e-4))
  }

  /// The loss along a line through the soft prompt falls and rises as the gradient says.
  @Test(arguments: TinyModel.allCases) func gradientIsTheFiniteDifference(kind: TinyModel) throws {
    let model = try kind.load(), objective = try objective(of: model), z = try fixture.softPrompt()
    var activations = PackedActivations(model.configuration)
    let pairs = fixture.pairs([.refused, .answered, .harmless])
    let gradient = try #require(try objective.evaluate(z, on: pairs, activations: &activations).gradient)
    let alone = try self.objective(of: model, regularization: 0)
    #expect(try alone.evaluate(z, on: pairs, activations: &activations).gradient != gradient)
    try expectSlopes(of: gradient, at: z, directions: 3, seed: 2, within: 3e-4) {
      try objective.evaluate($0, on: pairs, activations: &activations, wantsGradient: false).total
    }
  }
}
