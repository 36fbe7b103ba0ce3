import Foundation

/// Logistic regression with an intercept, by Newton's method: the least `Σ −ln P(y) + ½ ‖w‖²`, the intercept free.
///
/// The penalty keeps the weights finite where the samples can be told apart without error; its strength is that of
/// scikit-learn's default.
package struct LogisticRegression: Sendable, Equatable {
  /// w, `[features]`.
  package let weights: [Double]
  /// The intercept.
  package let bias: Double

  /// A regression of some samples, `[samples][features]`, on whether they are of a kind; nil where all are, or none.
  package init?(of samples: [[Double]], targets: [Bool]) {
    precondition(samples.count == targets.count, "a target for each sample")
    guard targets.contains(true), targets.contains(false) else { return nil }
    let features = samples[0].count, size = features + 1
    // The intercept stands last, behind a feature of 1.
    let rows = samples.map { $0 + [1] }
    var parameters = [Double](repeating: 0, count: size)
    func loss(_ parameters: [Double]) -> Double {
      zip(rows, targets).reduce(0) { sum, sample in
        let logit = Self.product(sample.0, parameters)
        return sum + Self.softplus(sample.1 ? -logit : logit)
      } + parameters.dropLast().reduce(0) { $0 + $1 * $1 } / 2
    }
    var current = loss(parameters)
    for _ in 0..<100 {
      var gradient = parameters.dropLast() + [0]
      var hessian = [Double](repeating: 0, count: size * size)
      for index in 0..<features { hessian[index * size + index] = 1 }
      for (row, target) in zip(rows, targets) {
        let probability = 1 / (1 + exp(-Self.product(row, parameters)))
        for index in 0..<size {
          gradient[index] += (probability - (target ? 1 : 0)) * row[index]
          for other in 0..<size {
            hessian[index * size + other] += probability * (1 - probability) * row[index] * row[other]
          }
        }
      }
      // The intercept's curvature vanishes where all probabilities are 0 or 1.
      hessian[size * size - 1] += 1e-12
      guard let step = PositiveDefiniteSystem(hessian).solution(Array(gradient)) else { break }
      // Far from the end a whole step may overshoot.
      var share = 1.0, next = parameters, found = current
      repeat {
        next = zip(parameters, step).map { $0 - share * $1 }
        found = loss(next)
        share /= 2
      } while found > current && share > 1e-9
      guard found < current else { break }
      (parameters, current) = (next, found)
    }
    weights = Array(parameters.dropLast())
    bias = parameters[features]
  }

  private static func product(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// `ln(1 + eˣ)`.
  private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
}
