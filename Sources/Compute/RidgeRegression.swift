import COpenBLAS

/// Ridge regression with an intercept over a number of samples, in its dual form: all that it knows of the samples is
/// their inner products, so that samples may have many more features than there are samples.
///
/// `w = Xᵀ a` with `(X Xᵀ + ρ I) a = y − ȳ`, X centered over the samples that it learns from. OpenBLAS multiplies and
/// solves on one thread: the same kind of machine gives the same bits.
package struct RidgeRegression: Sendable {
  /// The number of samples.
  package let count: Int
  /// The inner products of all samples, `[count, count]`.
  private let products: [Double]

  /// The samples, `[count][features]`, all of one length.
  package init(_ samples: [[Float]]) {
    let count = samples.count, features = samples.first?.count ?? 0
    precondition(samples.allSatisfy { $0.count == features }, "samples differ in their features")
    self.count = count
    let values = samples.flatMap { $0.map(Double.init) }
    var products = [Double](repeating: 0, count: count * count)
    guard count > 0, features > 0 else {
      self.products = products
      return
    }
    openblas_set_num_threads(1)
    cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, blasint(count), blasint(features), 1, values, blasint(features), 0,
      &products, blasint(count))
    for row in 0..<count {
      for column in 0..<row { products[column * count + row] = products[row * count + column] }
    }
    self.products = products
  }

  /// What is predicted of some samples after learning from others; nil where the samples to learn from don't differ.
  /// - Parameters:
  ///   - training: The places of the samples to learn from, distinct.
  ///   - targets: y, `[training.count]`.
  ///   - ridge: ρ as a share of the mean squared norm of the centered samples, above 0.
  ///   - others: The places of the samples to predict.
  package func predictions(
    training: [Int], targets: [Double], ridge: Double, for others: [Int]
  ) -> [Double]? {
    precondition(training.count == targets.count && ridge > 0, "a target for each sample, and a ridge")
    let n = training.count
    guard n > 1 else { return nil }
    func average(_ values: some Sequence<Double>) -> Double { values.reduce(0, +) / Double(n) }
    func average(of sample: Int) -> Double { average(training.map { products[sample * count + $0] }) }
    let means = training.map { average(of: $0) }, mean = average(means), level = average(targets)
    var matrix = [Double](repeating: 0, count: n * n)
    for (row, sample) in training.enumerated() {
      for (column, other) in training.enumerated() {
        matrix[row * n + column] = products[sample * count + other] - means[row] - means[column] + mean
      }
    }
    let spread = (0..<n).reduce(0.0) { $0 + matrix[$1 * n + $1] } / Double(n)
    guard spread > 0 else { return nil }
    for row in 0..<n { matrix[row * n + row] += ridge * spread }
    guard let duals = PositiveDefiniteSystem(matrix).solution(targets.map { $0 - level }) else { return nil }
    return others.map { sample in
      let own = average(of: sample)
      return zip(training, zip(means, duals)).reduce(level) { sum, known in
        sum + (products[sample * count + known.0] - own - known.1.0 + mean) * known.1.1
      }
    }
  }
}
