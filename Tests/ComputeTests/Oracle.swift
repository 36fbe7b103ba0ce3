import Foundation

@testable import Compute

/// The operations by their plain definitions, in double precision.
enum Oracle {
  /// `x[rows, inputs] · Wᵀ`.
  static func product(_ x: [Double], _ weights: [Double], outputs: Int, inputs: Int) -> [Double] {
    (0..<x.count / inputs).flatMap { row in
      (0..<outputs).map { output in
        (0..<inputs).reduce(0) { $0 + x[row * inputs + $1] * weights[output * inputs + $1] }
      }
    }
  }

  /// Weights `[outputs, inputs]` as `[inputs, outputs]`.
  static func transposed(_ weights: [Double], outputs: Int, inputs: Int) -> [Double] {
    (0..<inputs).flatMap { column in (0..<outputs).map { weights[$0 * inputs + column] } }
  }

  /// `x / rms(x) · weight`, one row.
  static func norm(_ x: [Double], weight: [Float], epsilon: Float) -> [Double] {
    let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    let factor = 1 / (mean + Double(epsilon)).squareRoot()
    return zip(x, weight).map { $0 * factor * Double($1) }
  }

  /// `(x − mean) / deviation · weight + bias`, one row.
  static func layerNorm(_ x: [Double], weight: [Float], bias: [Float], epsilon: Float) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let factor = 1 / (variance + Double(epsilon)).squareRoot()
    return x.indices.map { (x[$0] - mean) * factor * Double(weight[$0]) + Double(bias[$0]) }
  }

  /// An activation of one row, which holds gate and up where there is a gate.
  static func activation(_ x: [Double], _ activation: Activation) -> [Double] {
    func gelu(_ x: Double) -> Double {
      0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
    let width = x.count / activation.inputsPerOutput
    return (0..<width).map { index in
      switch activation {
      case .gatedSiLU: x[index] / (1 + exp(-x[index])) * x[width + index]
      case .gatedGELU: gelu(x[index]) * x[width + index]
      case .gelu: gelu(x[index])
      }
    }
  }

  /// Attention of a packed batch, `[rows, queryWidth]`.
  static func attention(
    _ rows: [Double], shape: AttentionShape, scoring: AttentionScoring, spans: [PackedSpan]
  ) -> [Double] {
    let width = shape.rowWidth
    var output = [Double](repeating: 0, count: rows.count / width * shape.queryWidth)
    for span in spans {
      var prefix: [Int] = [], next = span.prefix
      while let before = next {
        prefix = Array(spans[before].firstRow..<spans[before].firstRow + spans[before].rows) + prefix
        next = spans[before].prefix
      }
      for index in 0..<span.rows {
        let row = span.firstRow + index
        let all = prefix + Array(span.firstRow...row)
        let visible = all.suffix(scoring.window ?? all.count)
        for queryHead in 0..<shape.queryHeads {
          let head = queryHead / (shape.queryHeads / shape.keyValueHeads)
          let query = row * width + queryHead * shape.headSize
          let weights = visible.map { position in
            let product = (0..<shape.headSize).reduce(0) {
              $0 + rows[query + $1] * rows[position * width + shape.keyOffset(ofHead: head) + $1]
            }
            var score = product * Double(scoring.scale)
            if let cap = scoring.softCap.map(Double.init) { score = cap * tanh(score / cap) }
            if !scoring.slopes.isEmpty, let distance = all.firstIndex(of: position) {
              score += Double(scoring.slopes[queryHead]) * Double(distance)
            }
            return exp(score)
          }
          let sum = weights.reduce(0, +)
          for (weight, position) in zip(weights, visible) {
            for column in 0..<shape.headSize {
              output[row * shape.queryWidth + queryHead * shape.headSize + column] +=
                weight / sum * rows[position * width + shape.valueOffset(ofHead: head) + column]
            }
          }
        }
      }
    }
    return output
  }

  /// The derivative of `Σ slopes · function(x)` to one of the inputs, by central differences.
  static func derivative(
    at x: [Double], to index: Int, slopes: [Float], _ function: ([Double]) -> [Double]
  ) -> Double {
    let step = 1e-5
    func value(_ offset: Double) -> Double {
      var moved = x
      moved[index] += offset
      return zip(function(moved), slopes).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    return (value(step) - value(-step)) / (2 * step)
  }
}
