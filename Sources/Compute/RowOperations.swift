import CKernels

extension ComputeContext {
  /// `y = x / rms(x) · weight` for each row; `x`, `y` `[rows, width]`, `weight` `[width]`.
  ///
  /// Source: Zhang and Sennrich, Root Mean Square Layer Normalization (arXiv 1910.07467).
  public func normalize(_ x: Matrix, weight: [Float], epsilon: Float, into y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns && weight.count == x.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(x, &y) { x, y in
      weight.withUnsafeBufferPointer { weight in
        guard let weight = weight.baseAddress else { return }
        forEachRow(rows) { row in
          kernels.functions.root_mean_square_norm(x + row * width, weight, width, epsilon, y + row * width)
        }
      }
    }
  }

  /// `dx +=` the gradient of ``normalize(_:weight:epsilon:into:)`` to its input; all `[rows, width]`.
  public func addNormalizationGradient(
    of dy: Matrix, at x: Matrix, weight: [Float], epsilon: Float, to dx: inout Matrix
  ) {
    precondition(dy.rows == dx.rows && dy.columns == dx.columns, "shapes differ")
    precondition(x.rows == dx.rows && x.columns == dx.columns && weight.count == x.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(dy, &dx) { dy, dx in
      x.values.withUnsafeBufferPointer { x in
        weight.withUnsafeBufferPointer { weight in
          guard let x = x.baseAddress, let weight = weight.baseAddress else { return }
          forEachRow(rows) { row in
            kernels.functions.root_mean_square_norm_gradient(
              x + row * width, weight, width, epsilon, dy + row * width, dx + row * width)
          }
        }
      }
    }
  }

  /// `y = silu(gate) · up`, with `gateUp` `[rows, 2 · width]` holding both side by side and `y` `[rows, width]`.
  ///
  /// Source: Shazeer, GLU Variants Improve Transformer (arXiv 2002.05202).
  public func gatedSiLU(_ gateUp: Matrix, into y: inout Matrix) {
    precondition(gateUp.rows == y.rows && gateUp.columns == 2 * y.columns, "shapes differ")
    let rows = y.rows, width = y.columns
    withPointers(gateUp, &y) { gateUp, y in
      forEachRow(rows) { row in
        let gate = gateUp + row * 2 * width
        kernels.functions.gated_silu(gate, gate + width, width, y + row * width)
      }
    }
  }

  /// The gradient of ``gatedSiLU(_:into:)``: `dy` `[rows, width]`, `gateUp` and the result `[rows, 2 · width]`.
  public func gatedSiLUGradient(of dy: Matrix, at gateUp: Matrix, into dGateUp: inout Matrix) {
    precondition(gateUp.rows == dy.rows && gateUp.columns == 2 * dy.columns, "shapes differ")
    precondition(dGateUp.rows == gateUp.rows && dGateUp.columns == gateUp.columns, "shapes differ")
    let rows = dy.rows, width = dy.columns
    withPointers(gateUp, &dGateUp) { gateUp, dGateUp in
      dy.values.withUnsafeBufferPointer { dy in
        guard let dy = dy.baseAddress else { return }
        forEachRow(rows) { row in
          let gate = gateUp + row * 2 * width
          let dGate = dGateUp + row * 2 * width
          kernels.functions.gated_silu_gradient(gate, gate + width, dy + row * width, width, dGate, dGate + width)
        }
      }
    }
  }

  /// `y = x`, both `[rows, columns]`, in the memory that `y` has.
  public func copy(_ x: Matrix, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let count = x.values.count
    withPointers(x, &y) { x, y in y.update(from: x, count: count) }
  }

  /// `y += x`, both `[rows, columns]`.
  public func add(_ x: Matrix, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(x, &y) { x, y in
      forEachRow(rows) { row in kernels.functions.add(y + row * width, x + row * width, width) }
    }
  }

  /// `y[row] += factor · x[row]` for one row of each.
  public func addScaled(_ factor: Float, row: Int, of x: Matrix, toRow target: Int, of y: inout Matrix) {
    precondition(x.columns == y.columns && row < x.rows && target < y.rows, "shapes differ")
    let width = x.columns
    withPointers(x, &y) { x, y in
      kernels.functions.add_scaled(y + target * width, x + row * width, factor, width)
    }
  }

  /// Turns each head's pairs by the angle of the row's position, in place.
  ///
  /// - Parameters:
  ///   - matrix: `[rows, columns]`; the first `heads · headSize` columns are turned.
  ///   - positions: The position of each row.
  ///   - table: Cosines and sines.
  ///   - backward: Turns the other way, which is the gradient.
  public func rotate(
    _ matrix: inout Matrix, heads: Int, headSize: Int, positions: [Int], table: RotaryTable, backward: Bool = false
  ) {
    precondition(positions.count == matrix.rows && heads * headSize <= matrix.columns, "shapes differ")
    precondition(table.headSize == headSize && positions.allSatisfy { $0 < table.positions }, "table too small")
    let width = matrix.columns, half = headSize / 2, rows = matrix.rows
    matrix.values.withUnsafeMutableBufferPointer { matrix in
      table.cosines.withUnsafeBufferPointer { cosines in
        table.sines.withUnsafeBufferPointer { sines in
          guard let matrix = matrix.baseAddress, let cosines = cosines.baseAddress, let sines = sines.baseAddress
          else { return }
          forEachRow(rows) { row in
            let offset = positions[row] * half
            for head in 0..<heads {
              kernels.functions.rotate(
                matrix + row * width + head * headSize, cosines + offset, sines + offset, half, backward ? -1 : 1)
            }
          }
        }
      }
    }
  }

  private func withPointers(
    _ x: Matrix, _ y: inout Matrix, _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    x.values.withUnsafeBufferPointer { x in
      y.values.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        body(x, y)
      }
    }
  }
}
