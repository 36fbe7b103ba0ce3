/// Heads of any size on kernels that work on multiples of 16 numbers. Each head gets zeros behind it: in queries and
/// keys they add nothing to a product, and what they give in the output is zero, and cut off.
extension AttentionShape {
  /// The same heads with zeros behind each, up to a multiple of 16 numbers.
  var padded: AttentionShape {
    AttentionShape(queryHeads: queryHeads, keyValueHeads: keyValueHeads, size: (headSize + 15) / 16 * 16)
  }

  /// Whether there are such zeros.
  var needsPadding: Bool { headSize % 16 != 0 }
}

extension ComputeContext {
  /// Copies heads to where they stand in rows with another size of heads; what does not fit is left out, and what
  /// stands behind a smaller one stays as it is.
  /// - Parameters:
  ///   - rows: `[rows, heads · from]`.
  ///   - target: `[rows, heads · to]`.
  func copyHeads(_ rows: Matrix, heads: Int, from: Int, to: Int, into target: inout Matrix) {
    precondition(rows.columns == heads * from && target.columns == heads * to && target.rows == rows.rows)
    let count = min(from, to), sourceWidth = rows.columns, targetWidth = target.columns, total = rows.rows
    withPointers(rows, &target) { source, target in
      forEachRow(total) { row in
        for head in 0..<heads {
          (target + row * targetWidth + head * to).update(
            from: source + row * sourceWidth + head * from, count: count)
        }
      }
    }
  }

  /// Queries, keys and values with zeros behind each head, `[rows, shape.padded.rowWidth]`.
  func padHeads(_ rows: Matrix, _ shape: AttentionShape) -> Matrix {
    var padded = Matrix(rows: rows.rows, columns: shape.padded.rowWidth)
    copyHeads(
      rows, heads: shape.queryHeads + 2 * shape.keyValueHeads, from: shape.headSize, to: shape.padded.headSize,
      into: &padded)
    return padded
  }
}
