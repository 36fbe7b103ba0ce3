import COpenBLAS

/// Linear equations with a symmetric positive definite matrix, solved by OpenBLAS on one thread: the same kind of
/// machine gives the same bits.
struct PositiveDefiniteSystem {
  /// The matrix, `[n, n]`.
  private let matrix: [Double]

  init(_ matrix: [Double]) { self.matrix = matrix }

  /// x with `A x = right`, `[n]`; nil where the matrix is not positive definite.
  func solution(_ right: [Double]) -> [Double]? {
    precondition(matrix.count == right.count * right.count, "a square matrix of the right side's size")
    var matrix = matrix, right = right
    var order = blasint(right.count), columns: blasint = 1, info: blasint = 0
    var triangle = CChar(bitPattern: UInt8(ascii: "L"))
    openblas_set_num_threads(1)
    var leading = order, height = order
    dposv_(&triangle, &order, &columns, &matrix, &leading, &right, &height, &info)
    return info == 0 ? right : nil
  }
}
