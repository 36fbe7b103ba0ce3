package import Compute
import Randomness

extension CounterRandom {
  /// The random numbers of one test, always the same.
  package init(test: Int) {
    self.init(seed: 20_240_624, purpose: .testing, sample: test)
  }

  /// Normal numbers.
  package mutating func floats(_ count: Int, scale: Double = 1) -> [Float] {
    (0..<count).map { _ in Float(normal() * scale) }
  }

  /// A matrix of normal numbers, `[rows, columns]`.
  package mutating func matrix(_ rows: Int, _ columns: Int, scale: Double = 1) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    for row in 0..<rows { matrix[row: row] = floats(columns, scale: scale)[...] }
    return matrix
  }
}
