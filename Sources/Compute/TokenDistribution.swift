import CKernels
import Foundation

extension ComputeContext {
  /// `ln Σ exp(logit)` of each row, `[rows]`; `logits` `[rows, vocabulary]`.
  package func logNormalizers(of logits: Matrix) -> [Double] {
    let rows = logits.rows, width = logits.columns
    var result = [Double](repeating: 0, count: rows)
    result.withUnsafeMutableBufferPointer { result in
      logits.values.withUnsafeBufferPointer { logits in
        guard let logits = logits.baseAddress, let result = result.baseAddress else { return }
        pool.run(rows) { row in
          var maximum: Float = 0
          var sum = 0.0
          kernels.functions.exponential_sum(logits + row * width, width, &maximum, &sum)
          result[row] = Double(maximum) + log(sum)
        }
      }
    }
    return result
  }

  /// Replaces each row of scores by its softmax, `[rows, columns]`.
  package func replaceBySoftmax(_ scores: inout Matrix) {
    let normalizers = logNormalizers(of: scores), rows = scores.rows, width = scores.columns
    scores.values.withUnsafeMutableBufferPointer { scores in
      guard let scores = scores.baseAddress else { return }
      forEachRow(rows) { row in
        kernels.functions.scaled_exponential(scores + row * width, width, Float(normalizers[row]), 1)
      }
    }
  }

  /// Replaces each row of logits by `coefficient · (softmax − one-hot of the target)`, the gradient to the logits of
  /// `−coefficient · ln P(target)`; `logits` `[rows, vocabulary]`, the rest `[rows]`.
  package func replaceByCrossEntropyGradient(
    _ logits: inout Matrix, targets: [Int], coefficients: [Float], normalizers: [Double]
  ) {
    let rows = logits.rows, width = logits.columns
    precondition(targets.count == rows && coefficients.count == rows && normalizers.count == rows, "shapes differ")
    precondition(targets.allSatisfy { 0..<width ~= $0 }, "no such token")
    logits.values.withUnsafeMutableBufferPointer { logits in
      guard let logits = logits.baseAddress else { return }
      pool.run(rows) { row in
        let line = logits + row * width
        kernels.functions.scaled_exponential(line, width, Float(normalizers[row]), coefficients[row])
        line[targets[row]] -= coefficients[row]
      }
    }
  }

  /// The token of the largest logit of each row, the lowest id where several are largest, `[rows]`.
  package func largest(of logits: Matrix) -> [Int] { largest(of: logits, inRows: Array(0..<logits.rows)) }

  /// The same for some of the rows, `[rows.count]`.
  package func largest(of logits: Matrix, inRows rows: [Int]) -> [Int] {
    let width = logits.columns
    precondition(rows.allSatisfy { 0..<logits.rows ~= $0 }, "no such row")
    var result = [Int](repeating: 0, count: rows.count)
    result.withUnsafeMutableBufferPointer { result in
      logits.values.withUnsafeBufferPointer { logits in
        guard let logits = logits.baseAddress, let result = result.baseAddress else { return }
        forEachRow(rows.count) { place in
          result[place] = kernels.functions.argmax(logits + rows[place] * width, width)
        }
      }
    }
    return result
  }
}
