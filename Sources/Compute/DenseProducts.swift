import CKernels

extension Matrix {
  /// Rows and columns exchanged, `[columns, rows]`, with zeros below where more rows are asked for.
  package func transposed(paddedTo height: Int? = nil) -> Matrix {
    var result = Matrix(rows: max(columns, height ?? 0), columns: rows)
    let (rows, columns) = (rows, columns)
    values.withUnsafeBufferPointer { source in
      result.values.withUnsafeMutableBufferPointer { target in
        for row in 0..<rows {
          for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
        }
      }
    }
    return result
  }
}

/// Some columns of a matrix, as an operand of a dense product.
package struct MatrixColumns {
  let matrix: Matrix
  let columns: Range<Int>
  let isTransposed: Bool

  /// Columns of a matrix, all where none are named: `[matrix.rows, columns.count]`; transposed `[columns.count,
  /// matrix.rows]`.
  package init(_ matrix: Matrix, columns: Range<Int>? = nil, transposed: Bool = false) {
    let columns = columns ?? 0..<matrix.columns
    precondition(columns.lowerBound >= 0 && columns.upperBound <= matrix.columns, "columns that the matrix lacks")
    self.matrix = matrix
    self.columns = columns
    isTransposed = transposed
  }

  var rows: Int { isTransposed ? columns.count : matrix.rows }
  var width: Int { isTransposed ? matrix.rows : columns.count }
}

extension ComputeContext {
  /// `c[m, n] += a[m, k] · b[k, n]` for matrices that change from call to call, such as an adapter's.
  ///
  /// Each number of `c` is one chain of fused multiply-adds that goes on from its old value, over k in order: with `a`
  /// transposed, over the rows of a batch in order. Threads share `c`, never a sum.
  /// - Parameters:
  ///   - b: Not transposed.
  ///   - columns: The columns of `c` that are added to; all where none are named.
  package func addProduct(
    of a: MatrixColumns, with b: MatrixColumns, to c: inout Matrix, columns: Range<Int>? = nil
  ) {
    let columns = columns ?? 0..<c.columns
    precondition(!b.isTransposed && a.width == b.matrix.rows, "the factors' shapes differ")
    precondition(columns.lowerBound >= 0 && columns.upperBound <= c.columns, "columns that the sum lacks")
    precondition(c.rows == a.rows && columns.count == b.columns.count, "wrong shape of the sum")
    let m = a.rows, n = b.width, k = a.width
    let aRow = a.isTransposed ? 1 : a.matrix.columns, aColumn = a.isTransposed ? a.matrix.columns : 1
    let bStride = b.matrix.columns, cStride = c.columns
    let rowTiles = (m + Self.tileRows - 1) / Self.tileRows, columnTiles = (n + Self.tileColumns - 1) / Self.tileColumns
    a.matrix.values.withUnsafeBufferPointer { aValues in
      b.matrix.values.withUnsafeBufferPointer { bValues in
        c.values.withUnsafeMutableBufferPointer { cValues in
          guard k > 0, let aBase = aValues.baseAddress, let bBase = bValues.baseAddress, let cBase = cValues.baseAddress
          else { return }
          func run(_ tile: Int) {
            let row = tile / columnTiles * Self.tileRows, column = tile % columnTiles * Self.tileColumns
            addTile(
              rows: min(Self.tileRows, m - row), width: min(Self.tileColumns, n - column), depth: k,
              aBase + a.columns.lowerBound + row * aRow, aRow, aColumn, bBase + b.columns.lowerBound + column, bStride,
              cBase + columns.lowerBound + row * cStride + column, cStride)
          }
          if m * n * k < Self.leastShared {
            for tile in 0..<rowTiles * columnTiles { run(tile) }
          } else {
            pool.run(rowTiles * columnTiles, run)
          }
        }
      }
    }
  }

  private static let tileRows = 48, tileColumns = 96
  /// Fewer multiplications than these are over before another thread has begun.
  private static let leastShared = 1 << 16

  /// One tile of the sum.
  private func addTile(
    rows: Int, width: Int, depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aColumn: Int,
    _ b: UnsafePointer<Float>, _ bStride: Int, _ c: UnsafeMutablePointer<Float>, _ cStride: Int
  ) {
    let whole = width / 16 * 16, rest = width - whole
    if whole > 0 {
      kernels.functions.matrix_product(rows, whole, depth, a, aRow, aColumn, b, bStride, c, cStride, true)
    }
    guard rest > 0 else { return }
    // The kernels work on whole vectors: what is left over goes through copies of 16 columns.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (depth + rows) * 16) { copies in
      guard let factor = copies.baseAddress else { return }
      let sums = factor + depth * 16
      copies.initialize(repeating: 0)
      for row in 0..<depth { (factor + row * 16).update(from: b + row * bStride + whole, count: rest) }
      for row in 0..<rows { (sums + row * 16).update(from: c + row * cStride + whole, count: rest) }
      kernels.functions.matrix_product(rows, 16, depth, a, aRow, aColumn, factor, 16, sums, 16, true)
      for row in 0..<rows { (c + row * cStride + whole).update(from: sums + row * 16, count: rest) }
    }
  }
}
