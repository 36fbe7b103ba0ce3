import CKernels

extension ComputeContext {
  /// `y = x`, both `[rows, columns]`, in the memory that `y` has.
  package func copy(_ x: Matrix, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let count = x.values.count
    withPointers(x, &y) { x, y in y.update(from: x, count: count) }
  }

  /// `y += x`, both `[rows, columns]`.
  package func add(_ x: Matrix, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(x, &y) { x, y in
      forEachRow(rows) { row in kernels.functions.add(y + row * width, x + row * width, width) }
    }
  }

  /// `y += factor · x`, both `[rows, columns]`.
  package func add(_ x: Matrix, times factor: Float, to y: inout Matrix) {
    guard factor != 1 else { return add(x, to: &y) }
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let rows = x.rows, width = x.columns
    withPointers(x, &y) { x, y in
      forEachRow(rows) { row in kernels.functions.add_scaled(y + row * width, x + row * width, factor, width) }
    }
  }

  /// `y[rows[i]] += factors[i] · x[i]`; `x` `[rows.count, width]`, the rows all different.
  package func add(_ x: Matrix, times factors: [Float], toRows rows: [Int], of y: inout Matrix) {
    precondition(x.rows == rows.count && factors.count == rows.count && x.columns == y.columns, "shapes differ")
    precondition(rows.allSatisfy { 0..<y.rows ~= $0 }, "no such row")
    let width = x.columns
    withPointers(x, &y) { x, y in
      forEachRow(rows.count) { index in
        kernels.functions.add_scaled(y + rows[index] * width, x + index * width, factors[index], width)
      }
    }
  }

  /// `x[i] *= factors[i]`; `x` `[factors.count, width]`.
  package func scale(_ x: inout Matrix, byRows factors: [Float]) {
    precondition(x.rows == factors.count, "shapes differ")
    let width = x.columns
    x.values.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      forEachRow(factors.count) { row in kernels.functions.scale(x + row * width, factors[row], width) }
    }
  }

  /// Turns each head's pairs by the angle of the row's position, in place.
  ///
  /// - Parameters:
  ///   - matrix: `[rows, columns]`; the first `heads · headSize` columns are turned.
  ///   - positions: The position of each row.
  ///   - table: Cosines and sines of the pairs that are turned; what follows them in a head stays.
  ///   - backward: Turns the other way, which is the gradient.
  package func rotate(
    _ matrix: inout Matrix, heads: Int, headSize: Int, positions: [Int], table: RotaryTable, backward: Bool = false
  ) {
    precondition(positions.count == matrix.rows && heads * headSize <= matrix.columns, "shapes differ")
    precondition(table.size <= headSize && positions.allSatisfy { $0 < table.positions }, "table too small")
    let width = matrix.columns, half = table.size / 2, rows = matrix.rows
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

  /// `y[row] += bias` for each row; `y` `[rows, width]`, `bias` `[width]`.
  package func add(bias: [Float], to y: inout Matrix) {
    precondition(bias.count == y.columns, "shapes differ")
    let rows = y.rows, width = y.columns
    y.values.withUnsafeMutableBufferPointer { y in
      bias.withUnsafeBufferPointer { bias in
        guard let y = y.baseAddress, let bias = bias.baseAddress else { return }
        forEachRow(rows) { row in kernels.functions.add(y + row * width, bias, width) }
      }
    }
  }

  /// `x *= factor`.
  package func scale(_ x: inout Matrix, by factor: Float) {
    let count = x.values.count
    x.values.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      kernels.functions.scale(x, factor, count)
    }
  }

  /// Lends what two matrices hold, unless one is empty.
  func withPointers(
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
