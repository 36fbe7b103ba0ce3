import Compute
import Foundation
import OppositePrompts
import Randomness
import Stages
import TestSupport
import Testing

struct OptimizerTests {
  @Test func staysOnTheReferencesTrack() throws {
    let checks = ObjectiveChecks(model: try TinyModel.f32.load(), fixture: try ObjectiveFixture("tiny-optimizer"))
    try checks.optimizerStaysOnTheReferencesTrack(rootMeanSquare: 1e-6, off: 0)
  }

  private func matrix(_ values: [Float]) throws -> Matrix {
    try #require(Matrix(rows: 1, columns: values.count, values: values))
  }

  /// The first step goes one learning rate against each sign; the second was computed by hand:
  /// m = 0.9 · 0.1 · 2 + 0.1 · (−1) = 0.08, v = 0.999 · 0.004 + 0.001 = 0.004996, corrected 0.08 / 0.19 = 0.42105 and
  /// 0.004996 / 0.001999 = 2.49925, their quotient 0.42105 / √2.49925 = 0.266338.
  @Test func firstStepsAreThoseComputedByHand() throws {
    var optimizer = Optimizer()
    var values = try matrix([1, 1, 1])
    let norm = optimizer.update(&values, gradient: try matrix([2, -1e-3, 0]), learningRate: 0.01)
    assertClose(norm, (4 + 1e-6).squareRoot(), within: .relative(1e-9))
    assertClose(values.values, [0.99, 1.01, 1], within: .absolute(2e-7))
    _ = optimizer.update(&values, gradient: try matrix([-1, 0, 0]), learningRate: 0.01)
    // The second element keeps its direction: m = 0.9 m, corrected by 0.19; v = 0.999 v, corrected by 0.001999.
    let second = 0.09 / 0.19 / (0.999e-3 / 1.999e-3).squareRoot()
    assertClose(values.values, [0.99 - 0.00266338, 1.01 + 0.01 * second, 1], within: .absolute(3e-7))
  }

  @Test(arguments: [0, 0.1]) func manyStepsAreThoseOfThePlainDefinition(weightDecay: Double) throws {
    var optimizer = Optimizer(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: weightDecay, gradientClip: 0.5)
    var random = CounterRandom(test: 1)
    var values = random.matrix(3, 5)
    var plain = values.values.map(Double.init), first = [Double](repeating: 0, count: 15), second = first
    for step in 1...30 {
      let gradient = random.matrix(3, 5, scale: step % 2 == 0 ? 0.01 : 1)
      let norm = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let rate = 0.02 / Double(step)
      assertClose(optimizer.update(&values, gradient: gradient, learningRate: rate), norm, within: .relative(1e-12))
      for index in plain.indices {
        let g = Double(gradient.values[index]) * min(1, 0.5 / (norm + 1e-6))
        first[index] = 0.8 * first[index] + 0.2 * g
        second[index] = 0.95 * second[index] + 0.05 * g * g
        let m = first[index] / (1 - pow(0.8, Double(step))), v = second[index] / (1 - pow(0.95, Double(step)))
        plain[index] -= rate * weightDecay * plain[index] + rate * m / (v.squareRoot() + 1e-3)
      }
      assertClose(values.values, plain, within: .absolute(1e-6), "step \(step)")
    }
  }

  @Test func decayActsOnTheValuesAlone() throws {
    var optimizer = Optimizer(weightDecay: 0.5)
    var values = try matrix([2, -4])
    _ = optimizer.update(&values, gradient: try matrix([0, 0]), learningRate: 0.1)
    assertClose(values.values, [1.9, -3.8], within: .relative(1e-6))
  }

  @Test func onlyLongGradientsAreShortened() throws {
    let gradient = try matrix([0.3, 0.4])
    var steps: [[Float]] = []
    for (clip, factor) in [(nil, Float(1)), (10, 1), (0.05, 0.1)] as [(Double?, Float)] {
      // A large epsilon makes the step follow the gradient's length.
      var optimizer = Optimizer(epsilon: 1e6, gradientClip: clip)
      var values = try matrix([0, 0])
      assertClose(optimizer.update(&values, gradient: gradient, learningRate: 1e6), 0.5, within: .relative(1e-6))
      assertClose(
        values.values, [-0.3 * factor, -0.4 * factor], within: .relative(1e-4), "\(String(describing: clip))")
      steps.append(values.values)
    }
    #expect(steps[0] == steps[1])
  }

  @Test func theRateFollowsItsSchedule() {
    for schedule in [LearningRateSchedule.constant, .cosine, .linear] {
      let factors = (0..<20).map { schedule.factor(step: $0, steps: 20, warmupSteps: 4) }
      assertClose(factors[..<5], [0.25, 0.5, 0.75, 1, 1], within: .absolute(1e-12), "\(schedule)")
    }
    #expect(
      (0..<9).map { LearningRateSchedule.constant.factor(step: $0, steps: 9, warmupSteps: 0) }
        == [Double](repeating: 1, count: 9))
    let linear = (0..<5).map { LearningRateSchedule.linear.factor(step: $0, steps: 5, warmupSteps: 0) }
    assertClose(linear, [1, 0.8, 0.6, 0.4, 0.2], within: .absolute(1e-12))
    let cosine = (0..<4).map { LearningRateSchedule.cosine.factor(step: $0, steps: 4, warmupSteps: 0) }
    assertClose(cosine, [1, (1 + 0.5.squareRoot()) / 2, 0.5, (1 - 0.5.squareRoot()) / 2], within: .absolute(1e-12))
    // A warm-up as long as the run never gets past it.
    let warmup = (0..<3).map { LearningRateSchedule.cosine.factor(step: $0, steps: 3, warmupSteps: 3) }
    assertClose(warmup, [1.0 / 3, 2.0 / 3, 1], within: .absolute(1e-12))
  }
}
