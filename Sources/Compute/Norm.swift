import CKernels

/// A norm of a layer's input, with its weights.
package struct Norm: Sendable {
  /// The kinds of norms.
  package enum Kind: Sendable {
    /// `x / rms(x) · weight`: Zhang and Sennrich, Root Mean Square Layer Normalization (arXiv 1910.07467).
    case rootMeanSquare
    /// `(x − mean) / deviation · weight + bias`: Ba et al., Layer Normalization (arXiv 1607.06450). The bias is
    /// `[width]`.
    case layer(bias: [Float])
  }

  /// Which norm.
  package let kind: Kind
  /// `[width]`.
  package let weight: [Float]
  /// What is added to the mean square, or the variance, before its root is taken.
  package let epsilon: Float

  /// A norm.
  /// - Precondition: a bias is as long as the weight.
  package init(_ kind: Kind = .rootMeanSquare, weight: [Float], epsilon: Float) {
    if case .layer(let bias) = kind { precondition(bias.count == weight.count, "the bias is as long as the weight") }
    self.kind = kind
    self.weight = weight
    self.epsilon = epsilon
  }
}

extension ComputeContext {
  /// The norm of each row; `x`, `y` `[rows, width]`.
  package func normalize(_ x: Matrix, _ norm: Norm, into y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns && norm.weight.count == x.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(x, &y) { x, y in
      norm.weight.withUnsafeBufferPointer { weight in
        guard let weight = weight.baseAddress else { return }
        switch norm.kind {
        case .rootMeanSquare:
          forEachRow(rows) { row in
            kernels.functions.root_mean_square_norm(x + row * width, weight, width, norm.epsilon, y + row * width)
          }
        case .layer(let bias):
          bias.withUnsafeBufferPointer { bias in
            guard let bias = bias.baseAddress else { return }
            forEachRow(rows) { row in
              kernels.functions.layer_norm(x + row * width, weight, bias, width, norm.epsilon, y + row * width)
            }
          }
        }
      }
    }
  }

  /// `dx +=` the gradient of ``normalize(_:_:into:)`` to its input; all `[rows, width]`.
  package func addNormalizationGradient(of dy: Matrix, at x: Matrix, _ norm: Norm, to dx: inout Matrix) {
    precondition(dy.rows == dx.rows && dy.columns == dx.columns, "shapes differ")
    precondition(x.rows == dx.rows && x.columns == dx.columns && norm.weight.count == x.columns, "shapes differ")
    let rows = x.rows, width = x.columns, isLayerNorm = norm.isLayerNorm
    withPointers(dy, &dx) { dy, dx in
      x.values.withUnsafeBufferPointer { x in
        norm.weight.withUnsafeBufferPointer { weight in
          guard let x = x.baseAddress, let weight = weight.baseAddress else { return }
          let gradient =
            isLayerNorm ? kernels.functions.layer_norm_gradient : kernels.functions.root_mean_square_norm_gradient
          forEachRow(rows) { row in
            gradient?(x + row * width, weight, width, norm.epsilon, dy + row * width, dx + row * width)
          }
        }
      }
    }
  }

  /// The norm of each head by itself, in place: columns `first ..< first + heads · headSize` of each row.
  /// - Parameter norm: A root-mean-square norm of `headSize` weights.
  package func normalizeHeads(_ rows: inout Matrix, from first: Int, heads: Int, _ norm: Norm) {
    let size = norm.weight.count, width = rows.columns, count = rows.rows
    precondition(first + heads * size <= width && !norm.isLayerNorm, "shapes differ")
    rows.values.withUnsafeMutableBufferPointer { rows in
      norm.weight.withUnsafeBufferPointer { weight in
        guard let rows = rows.baseAddress, let weight = weight.baseAddress else { return }
        forEachRow(count) { row in
          for head in 0..<heads {
            let x = rows + row * width + first + head * size
            kernels.functions.root_mean_square_norm(x, weight, size, norm.epsilon, x)
          }
        }
      }
    }
  }

  /// Replaces the gradient to what ``normalizeHeads(_:from:heads:_:)`` gave by that to what it got.
  /// - Parameters:
  ///   - gradient: `[rows, width]`, of which the heads' columns are replaced.
  ///   - rows: What it got, `[rows, width]`.
  package func replaceByHeadNormalizationGradient(
    _ gradient: inout Matrix, at rows: Matrix, from first: Int, heads: Int, _ norm: Norm
  ) {
    let size = norm.weight.count, width = rows.columns, count = rows.rows
    precondition(gradient.columns == width && gradient.rows == count && first + heads * size <= width, "shapes differ")
    withPointers(rows, &gradient) { rows, gradient in
      norm.weight.withUnsafeBufferPointer { weight in
        guard let weight = weight.baseAddress else { return }
        forEachRow(count) { row in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { given in
            guard let given = given.baseAddress else { return }
            for head in 0..<heads {
              let offset = row * width + first + head * size
              given.update(from: gradient + offset, count: size)
              (gradient + offset).update(repeating: 0, count: size)
              kernels.functions.root_mean_square_norm_gradient(
                rows + offset, weight, size, norm.epsilon, given, gradient + offset)
            }
          }
        }
      }
    }
  }
}

extension Norm {
  fileprivate var isLayerNorm: Bool {
    if case .layer = kind { true } else { false }
  }
}
