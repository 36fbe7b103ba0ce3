import Compute
import Foundation
import Randomness
import TestSupport
import Testing

struct LogisticRegressionTests {
  private func samples(_ count: Int, _ features: Int, spread: Float) -> [[Double]] {
    var random = CounterRandom(test: count)
    let matrix = random.matrix(count, features)
    return (0..<count).map { row in matrix[row: row].map { Double($0 * spread) } }
  }

  /// At the least of `Σ −ln P(y) + ½ ‖w‖²` its slope is 0 in every direction: for samples that overlap, that can be
  /// told apart, and that lie far out.
  @Test(arguments: [(40, 0.5), (40, 8), (12, 300)] as [(Int, Float)])
  func isTheLeastOfThePenalizedLoss(count: Int, spread: Float) throws {
    let samples = samples(count, 4, spread: spread)
    let targets = samples.map { $0[0] - 0.5 * $0[2] + (spread < 1 ? 0.4 * sin(9 * $0[1]) : 0) > 0.1 }
    let found = try #require(LogisticRegression(of: samples, targets: targets))
    func loss(_ weights: [Double], _ bias: Double) -> Double {
      zip(samples, targets).reduce(weights.reduce(0) { $0 + $1 * $1 } / 2) { sum, sample in
        let logit = zip(weights, sample.0).reduce(bias) { $0 + $1.0 * $1.1 }
        let probability = 1 / (1 + exp(sample.1 ? -logit : logit))
        return sum - log(max(probability, 1e-300))
      }
    }
    let least = loss(found.weights, found.bias)
    for index in 0...4 {
      for step in [-1e-3, 1e-3] {
        var weights = found.weights, bias = found.bias
        if index < 4 { weights[index] += step / Double(max(1, spread)) } else { bias += step }
        #expect(loss(weights, bias) > least - 1e-12, "\(index)")
      }
    }
    #expect(
      zip(samples, targets).count {
        (zip(found.weights, $0).reduce(found.bias) { $0 + $1.0 * $1.1 } > 0) == $1
      } > count * 4 / 5)
  }

  @Test func oneKindAloneTeachesNothing() {
    #expect(LogisticRegression(of: [[1], [2]], targets: [true, true]) == nil)
    #expect(LogisticRegression(of: [[1], [2]], targets: [false, false]) == nil)
  }
}
