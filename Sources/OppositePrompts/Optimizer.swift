package import Compute
import Foundation
package import Stages

extension LearningRateSchedule {
  /// The factor of the learning rate at step `step` of `steps`, counted from 0, after a linear warm-up.
  package func factor(step: Int, steps: Int, warmupSteps: Int) -> Double {
    if step < warmupSteps { return Double(step + 1) / Double(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(1, steps - warmupSteps))
    switch self {
    case .constant: return 1
    case .cosine: return (1 + cos(.pi * progress)) / 2
    case .linear: return 1 - progress
    }
  }
}

/// Adam, and AdamW where the weight decay is not zero.
///
/// Source: Kingma and Ba (arXiv 1412.6980); Loshchilov and Hutter (arXiv 1711.05101): the decay acts on the values and
/// not through the gradient.
package struct Optimizer: Sendable, Equatable, Codable {
  /// Decay of the gradient's running mean.
  package var beta1: Double
  /// Decay of the squared gradient's running mean.
  package var beta2: Double
  /// What keeps the quotient finite.
  package var epsilon: Double
  /// Decoupled weight decay; 0 is Adam.
  package var weightDecay: Double
  /// The largest norm of the gradient; longer ones are shortened to it. Nil: no limit.
  package var gradientClip: Double?

  private var first = PackedFloats([])
  private var second = PackedFloats([])
  private var step = 0

  /// An optimizer that has made no step.
  package init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    gradientClip: Double? = nil
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.gradientClip = gradientClip
  }

  /// One step down the gradient.
  /// - Parameters:
  ///   - values: z, `[P, d]`, changed in place.
  ///   - gradient: `[P, d]`.
  /// - Returns: The gradient's norm before it was shortened.
  package mutating func update(_ values: inout Matrix, gradient: Matrix, learningRate: Double) -> Double {
    var matrices = [values]
    values = Matrix(rows: 0, columns: 0)
    let norm = update(&matrices, gradients: [gradient], learningRate: learningRate)
    values = matrices[0]
    return norm
  }

  /// One step of several matrices; the gradient's norm is that over all of them.
  /// - Parameters:
  ///   - values: Changed in place; in every step of the same shapes.
  ///   - gradients: As many, of the same shapes.
  /// - Returns: The gradient's norm before it was shortened.
  package mutating func update(_ values: inout [Matrix], gradients: [Matrix], learningRate: Double) -> Double {
    precondition(
      values.count == gradients.count
        && zip(values, gradients).allSatisfy { $0.rows == $1.rows && $0.columns == $1.columns }, "shapes differ")
    let count = gradients.reduce(0) { $0 + $1.values.count }
    if first.values.isEmpty {
      first = PackedFloats([Float](repeating: 0, count: count))
      second = first
    }
    step += 1
    let norm = gradients.reduce(0.0) { $1.values.reduce($0) { $0 + Double($1) * Double($1) } }.squareRoot()
    let shortening = Float(gradientClip.map { min(1, $0 / (norm + 1e-6)) } ?? 1)
    let correction1 = 1 - pow(beta1, Double(step)), correction2 = 1 - pow(beta2, Double(step))
    let stepSize = Float(learningRate / correction1), root2 = Float(correction2.squareRoot())
    let keep = Float(1 - learningRate * weightDecay)
    let b1 = Float(beta1), b2 = Float(beta2), c1 = Float(1 - beta1), c2 = Float(1 - beta2), e = Float(epsilon)
    var index = 0
    for (matrix, gradient) in gradients.enumerated() {
      for row in 0..<gradient.rows {
        var line = Array(values[matrix][row: row])
        for (column, g) in gradient[row: row].enumerated() {
          let g = g * shortening
          let mean = b1 * first.values[index] + c1 * g, square = b2 * second.values[index] + c2 * g * g
          first.values[index] = mean
          second.values[index] = square
          line[column] = keep * line[column] - stepSize * mean / (square.squareRoot() / root2 + e)
          index += 1
        }
        values[matrix][row: row] = line[...]
      }
    }
    return norm
  }
}
