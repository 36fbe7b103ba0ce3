import Compute
import Randomness
import TestSupport
import Testing

/// The dual form that OpenBLAS solves, against the primal one, written out: `(XᵀX + ρ I) w = Xᵀ (y − ȳ)`.
struct RidgeRegressionTests {
  private func samples(_ count: Int, _ features: Int, test: Int) -> [[Float]] {
    var random = CounterRandom(test: test)
    let matrix = random.matrix(count, features)
    return (0..<count).map { row in matrix[row: row].map { $0 + 0.5 } }
  }

  /// The predictions of the primal form, its equations solved by elimination.
  private func primal(
    _ samples: [[Float]], _ training: [Int], _ targets: [Double], ridge: Double, for others: [Int]
  ) -> [Double] {
    let features = samples[0].count, n = Double(training.count)
    let mean = (0..<features).map { column in training.reduce(0) { $0 + Double(samples[$1][column]) } / n }
    let centered = training.map { sample in (0..<features).map { Double(samples[sample][$0]) - mean[$0] } }
    let level = targets.reduce(0, +) / n
    let penalty = ridge * centered.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / n
    var system = (0..<features).map { row in
      (0..<features).map { column in
        centered.reduce(0) { $0 + $1[row] * $1[column] } + (row == column ? penalty : 0)
      } + [zip(centered, targets).reduce(0) { $0 + $1.0[row] * ($1.1 - level) }]
    }
    for pivot in 0..<features {
      for row in pivot + 1..<max(pivot + 1, features) {
        let factor = system[row][pivot] / system[pivot][pivot]
        for column in pivot...features { system[row][column] -= factor * system[pivot][column] }
      }
    }
    var weights = [Double](repeating: 0, count: features)
    for row in (0..<features).reversed() {
      let known = (row + 1..<max(row + 1, features)).reduce(0) { $0 + system[row][$1] * weights[$1] }
      weights[row] = (system[row][features] - known) / system[row][row]
    }
    return others.map { sample in
      level + (0..<features).reduce(0) { $0 + weights[$1] * (Double(samples[sample][$1]) - mean[$1]) }
    }
  }

  @Test(arguments: [(12, 5), (9, 20)]) func predictsAsThePrimalForm(count: Int, features: Int) throws {
    let samples = samples(count, features, test: count)
    let training = Array(stride(from: 0, to: count, by: 2)) + [1], others = [3, 5, 0]
    let targets = training.map { $0 % 3 == 0 ? 1.0 : -1 }
    for ridge in [0.01, 0.3, 10] {
      let found = try #require(
        RidgeRegression(samples).predictions(training: training, targets: targets, ridge: ridge, for: others))
      assertClose(
        found, primal(samples, training, targets, ridge: ridge, for: others), within: .absolute(1e-8), "\(ridge)")
    }
  }

  @Test func samplesThatDoNotDifferPredictNothing() {
    let same = RidgeRegression([[1, 2], [1, 2], [1, 2]])
    #expect(same.predictions(training: [0, 1], targets: [1, -1], ridge: 1, for: [2]) == nil)
    #expect(RidgeRegression([]).count == 0)
  }
}
