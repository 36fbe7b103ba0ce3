package import EngineContract
import Foundation
package import Stages

/// The loss of a prompt in a model's hidden states: Directed Representation Optimization (Zheng et al., arXiv
/// 2401.18018, Section 4).
///
/// With `t` the coordinates of an instruction's state under the prompt, `t₀` those under the prompt that tuning began
/// with, `f` a logit and `l` 1 for a harmful instruction and 0 for a harmless one, refusal and harmfulness are the
/// binary cross-entropy of `l` at `f(t) − f(t₀)`. The remainder is the mean square of what the state moved in all
/// directions but the components'.
package struct RepresentationTerms: LossTerms {
  private let space: RepresentationSpace
  private let weights: PromptStage.Representation

  /// The terms in a space.
  package init(space: RepresentationSpace, weights: PromptStage.Representation) {
    self.space = space
    self.weights = weights
  }

  /// An instruction's state.
  struct Moved {
    /// Under the prompt, `[width]`.
    var state: [Float]
    /// Under the prompt that tuning began with, `[width]`.
    var before: [Float]
    var isHarmful: Bool
  }

  /// The loss over some instructions, and its gradient to each one's state, `[instructions][width]`.
  func value(of moved: [Moved]) -> (value: ObjectiveValue, gradients: [[Float]]) {
    var sums = RepresentationLosses()
    let components = space.subspace.components
    let count = Double(moved.count), remaining = Double(max(1, space.subspace.mean.count - components.count))
    let gradients = moved.map { moved in
      let coordinates = space.subspace.coordinates(of: moved.state)
      let before = space.subspace.coordinates(of: moved.before)
      let steps = zip(coordinates, before).map { $0 - $1 }
      // What to give each component's direction, beside what the whole step gets.
      var factors = steps.map { -2 * weights.remainder * $0 / remaining }
      func entropy(_ logit: RepresentationSpace.Logit, weight: Double) -> Double {
        let rise = logit.value(at: coordinates) - logit.value(at: before)
        let slope = 1 / (1 + exp(-rise)) - (moved.isHarmful ? 1 : 0)
        for index in factors.indices { factors[index] += weight * slope * logit.weights[index] }
        let against = moved.isHarmful ? -rise : rise
        return max(against, 0) + log1p(exp(-abs(against)))
      }
      sums.refusal += entropy(space.refusal, weight: weights.refusal)
      sums.harmfulness += entropy(space.harmfulness, weight: weights.harmfulness)
      let step = zip(moved.state, moved.before).map { Double($0) - Double($1) }
      let square = step.reduce(0) { $0 + $1 * $1 } - steps.reduce(0) { $0 + $1 * $1 }
      sums.remainder += max(0, square) / remaining
      return step.indices.map { index in
        let along = zip(factors, components).reduce(0) { $0 + $1.0 * $1.1[index] }
        return Float((2 * weights.remainder * step[index] / remaining + along) / count)
      }
    }
    return (value(of: sums, count: moved.count), gradients)
  }

  /// The loss of sums over some instructions.
  private func value(of sums: RepresentationLosses, count: Int) -> ObjectiveValue {
    let number = Double(max(1, count))
    let losses = RepresentationLosses(
      refusal: sums.refusal / number, harmfulness: sums.harmfulness / number, remainder: sums.remainder / number)
    let total =
      weights.refusal * losses.refusal + weights.harmfulness * losses.harmfulness
      + weights.remainder * losses.remainder
    return ObjectiveValue(representation: losses, total: total, tokens: count)
  }

  /// Every pair counts by its instruction.
  package func uses(_ category: AnchorPair.Category) -> Bool { true }

  /// The mean over the instructions of several evaluations.
  package func joining(_ parts: [(value: ObjectiveValue, pairs: [TrainingPair])]) -> ObjectiveValue {
    var sums = RepresentationLosses(), count = 0
    for (value, _) in parts {
      guard let losses = value.representation else { continue }
      sums.refusal += losses.refusal * Double(value.tokens)
      sums.harmfulness += losses.harmfulness * Double(value.tokens)
      sums.remainder += losses.remainder * Double(value.tokens)
      count += value.tokens
    }
    return value(of: sums, count: count)
  }
}
