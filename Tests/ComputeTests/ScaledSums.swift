import CKernels

@testable import Compute

/// The kernel under `StreamRows.add(_:times:)`, over rows of matrices, to be compared with its definition.
extension ComputeContext {
  /// `y[row] += factor · x[row]` for one row of each.
  func addScaled(_ factor: Float, row: Int, of x: Matrix, toRow target: Int, of y: inout Matrix) {
    precondition(x.columns == y.columns && row < x.rows && target < y.rows, "shapes differ")
    let width = x.columns
    withPointers(x, &y) { x, y in
      kernels.functions.add_scaled(y + target * width, x + row * width, factor, width)
    }
  }

  /// `logits[target] += factor · logits[source]` for each pair of rows: one contrast of two streams.
  func addScaledRows(_ pairs: [(source: Int, target: Int, factor: Float)], in logits: inout Matrix) {
    let width = logits.columns
    precondition(pairs.allSatisfy { $0.source < logits.rows && $0.target < logits.rows && $0.source != $0.target })
    logits.values.withUnsafeMutableBufferPointer { logits in
      guard let logits = logits.baseAddress else { return }
      forEachRow(pairs.count) { index in
        let (source, target, factor) = pairs[index]
        kernels.functions.add_scaled(logits + target * width, logits + source * width, factor, width)
      }
    }
  }
}
