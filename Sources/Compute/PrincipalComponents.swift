import COpenBLAS

/// The directions in which samples differ most: the leading eigenvectors of their covariance.
///
/// OpenBLAS finds them on one thread, so that the same kind of machine gives the same bits. Each component points to
/// where its entry of largest size is positive.
package struct PrincipalComponents: Sendable {
  /// The samples' mean, `[features]`.
  package let mean: [Double]
  /// Orthonormal directions, the one of the largest variance first, `[count][features]`.
  package let components: [[Double]]
  /// The share of the samples' variance along each, `[count]`.
  package let shares: [Double]

  /// The components of some samples, `[samples][features]`, all of one length; nil where these do not span as many.
  package init?(of samples: [[Float]], count: Int) {
    let features = samples.first?.count ?? 0, number = samples.count
    precondition(samples.allSatisfy { $0.count == features }, "samples differ in their features")
    guard count > 0, count < number, count <= features else { return nil }
    let mean = (0..<features).map { column in samples.reduce(0) { $0 + Double($1[column]) } / Double(number) }
    let centered = samples.flatMap { zip($0, mean).map { Double($0.0) - $0.1 } }
    // XᵀX and XXᵀ have the same eigenvalues; the smaller of the two is worked on.
    let isDual = number < features, order = min(number, features)
    var matrix = [Double](repeating: 0, count: order * order)
    openblas_set_num_threads(1)
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, isDual ? CblasNoTrans : CblasTrans, blasint(order),
      blasint(isDual ? features : number), 1, centered, blasint(features), 0, &matrix, blasint(order))
    guard let values = Self.replaceByEigenvectors(&matrix, order: order) else { return nil }
    let variance = values.reduce(0, +)
    var components: [[Double]] = []
    for place in 0..<count {
      let found = order - 1 - place
      guard values[found] > 1e-12 * variance else { return nil }
      let vector = matrix[found * order..<(found + 1) * order]
      var component =
        isDual
        ? (0..<features).map { column in
          zip(0..., vector).reduce(0) { $0 + centered[$1.0 * features + column] * $1.1 }
        } : Array(vector)
      let largest = component.max { abs($0) < abs($1) } ?? 1
      let norm = component.reduce(0) { $0 + $1 * $1 }.squareRoot() * (largest < 0 ? -1 : 1)
      for column in component.indices { component[column] /= norm }
      components.append(component)
    }
    self.mean = mean
    self.components = components
    shares = (0..<count).map { values[order - 1 - $0] / variance }
  }

  /// The eigenvalues of a symmetric matrix in ascending order, and the eigenvectors in its rows; nil where none were
  /// found. Only the upper triangle (row by row) is read.
  private static func replaceByEigenvectors(_ matrix: inout [Double], order: Int) -> [Double]? {
    // Column by column, as LAPACK reads it, the upper triangle is the lower one, and eigenvectors are rows.
    var job = CChar(bitPattern: UInt8(ascii: "V")), triangle = CChar(bitPattern: UInt8(ascii: "L"))
    var n = blasint(order), leading = n, info: blasint = 0, size: blasint = -1
    var values = [Double](repeating: 0, count: order), work = [0.0]
    dsyev_(&job, &triangle, &n, &matrix, &leading, &values, &work, &size, &info)
    guard info == 0 else { return nil }
    size = blasint(work[0])
    work = [Double](repeating: 0, count: Int(size))
    dsyev_(&job, &triangle, &n, &matrix, &leading, &values, &work, &size, &info)
    return info == 0 ? values : nil
  }
}
