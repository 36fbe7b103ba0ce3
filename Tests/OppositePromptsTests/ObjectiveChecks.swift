import Compute
import EngineContract
import Foundation
import LanguageModel
import OppositePrompts
import Randomness
import Stages
import TestSupport
import Testing

/// The comparisons with PyTorch that both models go through.
struct ObjectiveChecks {
  let model: LanguageModel
  let fixture: ObjectiveFixture

  /// The terms and gradients of Equations 3 and 4, and of our own term at a factor of 0.5.
  func termsAndGradients(gradient tolerance: Double) throws {
    let terms = try #require(fixture.description.terms)
    var activations = PackedActivations(model.configuration)
    for (prompt, factor, name, wanted, unwanted) in [
      (PromptRole.safeguarding, 0.0, "sp", "refused", "answered"), (.adversarial, 0, "ap", "answered", "refused"),
      (.safeguarding, 0.5, "spWithHarmlessRefusal", "refused", "answered"),
    ] {
      let objective = try fixture.objective(
        of: model, prompt: prompt, weights: PromptStage.Weights(harmlessRefusal: factor))
      let value = try objective.evaluate(fixture.softPrompt(), on: fixture.pairs(), activations: &activations)
      let expected = ["likelihood.\(wanted)", "unlikelihood.\(unwanted)", "regularization", "total.\(name)"].map {
        terms[$0] ?? .nan
      }
      assertClose(
        [value.likelihood, value.unlikelihood, value.regularization, value.total], expected, within: .absolute(1e-4),
        name)
      assertClose(
        value.harmlessRefusal, factor == 0 ? 0 : try #require(terms["harmlessRefusal"]), within: .absolute(1e-4), name)
      let counted: [AnchorPair.Category] =
        factor == 0 ? [.refused, .answered, .harmless] : AnchorPair.Category.allCases
      #expect(value.tokens == fixture.pairs(counted).reduce(0) { $0 + $1.response.count })
      let gradient = try #require(value.gradient)
      assertClose(
        gradient.values, try fixture.tensor("gradient.\(name)"), within: .ofLargest(tolerance), "gradient \(name)")
      let withoutGradient = try objective.evaluate(
        fixture.softPrompt(), on: fixture.pairs(), activations: &activations, wantsGradient: false)
      #expect(withoutGradient.gradient == nil && withoutGradient.total == value.total)
    }
  }

  /// `ln P` of every token of a set's pairs: the likelihood of a response cut to this token, the ones before it moved
  /// to the turn.
  func logProbabilities(of categories: [(AnchorPair.Category, String)], pairs count: Int) throws {
    var activations = PackedActivations(model.configuration)
    for (category, name) in categories {
      for (index, pair) in fixture.pairs([category]).prefix(count).enumerated() {
        let prompt: PromptRole = category == .answered ? .adversarial : .safeguarding
        let objective = try fixture.objective(of: model, prompt: prompt)
        let found = try pair.response.indices.map { position in
          let token = TrainingPair(
            turn: pair.turn + pair.response[..<position], response: [pair.response[position]],
            category: category == .harmlessRefused ? .harmless : category)
          let value = try objective.evaluate(
            fixture.softPrompt(), on: [token], activations: &activations, wantsGradient: false)
          return -value.total
        }
        assertClose(
          found, try fixture.tensor("logProbabilities.\(name).\(index)"), within: .absolute(1e-4), "\(name) \(index)")
      }
    }
  }

  /// The terms of every pair alone, from the reference's `ln P` of its tokens.
  func termsOfSinglePairs() throws {
    var activations = PackedActivations(model.configuration)
    for (category, name) in [
      (AnchorPair.Category.refused, "refused"), (.answered, "answered"), (.harmless, "harmless"),
      (.harmlessRefused, "harmlessRefusal"),
    ] {
      for (index, pair) in fixture.pairs([category]).enumerated() {
        let logProbabilities = try fixture.tensor("logProbabilities.\(name).\(index)").map(Double.init)
        let likelihood = -logProbabilities.reduce(0, +) / Double(logProbabilities.count)
        let unlikelihood =
          -logProbabilities.reduce(0) { $0 + log(max(-expm1($1), ObjectiveTerms.probabilityFloor)) }
          / Double(logProbabilities.count)
        for prompt in [PromptRole.safeguarding, .adversarial] {
          let objective = try fixture.objective(
            of: model, prompt: prompt, weights: PromptStage.Weights(harmlessRefusal: 1))
          let value = try objective.evaluate(
            fixture.softPrompt(), on: [pair], activations: &activations, wantsGradient: false)
          let isWanted = (category == .refused) == (prompt == .safeguarding)
          let found = [value.likelihood, value.unlikelihood, value.regularization, value.harmlessRefusal]
          let expected: [Double] =
            switch category {
            case .refused, .answered: isWanted ? [likelihood, 0, 0, 0] : [0, unlikelihood, 0, 0]
            case .harmless: [0, 0, likelihood, 0]
            case .harmlessRefused: [0, 0, 0, unlikelihood]
            }
          assertClose(found, expected, within: .absolute(1e-4), "\(name) \(index) \(prompt)")
        }
      }
    }
  }

  /// Ten clipped steps of Adam and AdamW on Equation 3.
  ///
  /// Adam divides a gradient by its own magnitude, so where a gradient is so near zero that its sign is noise of the
  /// last place, a step of the size of the learning rate (1e-3) may go either way, in any implementation. So the soft
  /// prompts are compared in the mean over all elements, and by how many are off by a tenth of one step.
  func optimizerStaysOnTheReferencesTrack(rootMeanSquare: Double, off limit: Int) throws {
    var activations = PackedActivations(model.configuration)
    let objective = try fixture.objective(of: model, prompt: .safeguarding)
    for (name, track) in [("adam", fixture.description.adam), ("adamW", fixture.description.adamW)] {
      let track = try #require(track)
      var prompt = try fixture.softPrompt()
      var optimizer = Optimizer(weightDecay: track.weightDecay, gradientClip: 1)
      var losses: [Double] = [], norms: [Double] = []
      for step in 1...10 {
        let value = try objective.evaluate(prompt, on: fixture.pairs(), activations: &activations)
        norms.append(optimizer.update(&prompt, gradient: try #require(value.gradient), learningRate: 1e-3))
        losses.append(value.total)
        guard [1, 5, 10].contains(step) else { continue }
        let differences = zip(prompt.values, try fixture.tensor("\(name).softPrompt.\(step)")).map {
          Double($0 - $1).magnitude
        }
        let square = differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count)
        let off = differences.filter { $0 > 1e-4 }
        #expect(square.squareRoot() <= rootMeanSquare, "\(name), step \(step)")
        #expect(off.count <= limit, "\(name), step \(step): \(off)")
      }
      assertClose(losses, track.losses, within: .absolute(1e-4), "\(name): losses")
      assertClose(norms, track.gradientNormsBeforeClipping, within: .relative(1e-3), "\(name): norms")
    }
  }
}

/// Holds a gradient to the loss along lines through a soft prompt, which falls and rises as the gradient says: along
/// the gradient itself, and along random directions.
/// - Parameters:
///   - z: The soft prompt.
///   - tolerance: The largest difference of a slope, as a share of the gradient's norm.
///   - loss: The loss under a soft prompt.
func expectSlopes(
  of gradient: Matrix, at z: Matrix, directions count: Int, seed: Int, within tolerance: Double, _ name: String = "",
  loss: (Matrix) throws -> Double
) rethrows {
  func norm(_ matrix: Matrix) -> Double { matrix.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
  var random = CounterRandom(test: seed)
  let directions = [gradient] + (0..<count).map { _ in random.matrix(z.rows, z.columns) }
  for (index, direction) in directions.enumerated() {
    let length = norm(direction)
    let slope = zip(gradient.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) } / length
    func value(_ distance: Double) throws -> Double {
      var moved = z
      for row in 0..<z.rows {
        for column in 0..<z.columns { moved[row, column] += Float(distance / length) * direction[row, column] }
      }
      return try loss(moved)
    }
    // Two distances, so that the error of the third order cancels: at 0.02 the loss's last place counts little.
    let near = (try value(0.02) - value(-0.02)) / 0.04, far = (try value(0.04) - value(-0.04)) / 0.08
    assertClose((4 * near - far) / 3, slope, within: .absolute(tolerance * norm(gradient)), "\(name)direction \(index)")
  }
}
