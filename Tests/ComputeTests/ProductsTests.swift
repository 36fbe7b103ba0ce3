import COpenBLAS
import Compute
import Randomness
import TestSupport
import Testing

struct ProductsTests {
  private let context = ComputeContext(threads: 2)

  @Test(arguments: WeightFormat.allCases)
  func productIsThatOfThePlainDefinition(format: WeightFormat) throws {
    try RandomWeights.checkProducts(
      of: format, on: context, rows: { $0.map(Double.init) }, weights: { $0.map(Double.init) })
  }

  @Test(arguments: WeightFormat.allCases)
  func transposedProductIsThatOfThePlainDefinitionAndAdds(format: WeightFormat) throws {
    for shape in RandomWeights.shapes(of: format) {
      let weights = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      let transposed = Oracle.transposed(
        weights.values.map(Double.init), outputs: shape.outputs, inputs: shape.inputs)
      for rows in RandomWeights.rowCounts {
        var random = CounterRandom(test: rows)
        let dy = random.matrix(rows, shape.outputs), before = random.matrix(rows, shape.inputs)
        var dx = before
        context.addGradient(of: dy, through: [weights.matrix], to: &dx)
        let products = Oracle.product(
          dy.values.map(Double.init), transposed, outputs: shape.inputs, inputs: shape.outputs)
        let expected = zip(before.values, products).map { Double($0) + $1 }
        assertClose(dx.values, expected, within: .ofLargest(2e-6), "\(format) \(shape) \(rows) rows")
      }
    }
  }

  @Test func productsOfSeveralMatricesStandSideBySide() throws {
    let parts = [
      try RandomWeights(.q4_1, outputs: 40, inputs: 96, test: 1),
      try RandomWeights(.q8_0, outputs: 17, inputs: 96, test: 2),
      try RandomWeights(.float16, outputs: 33, inputs: 96, test: 3),
    ]
    var random = CounterRandom(test: 4)
    let x = random.matrix(7, 96), dy = random.matrix(7, 90)
    var together = Matrix(rows: 7, columns: 90), gradient = Matrix(rows: 7, columns: 96)
    context.multiply(x, by: parts.map(\.matrix), into: &together)
    context.addGradient(of: dy, through: parts.map(\.matrix), to: &gradient)
    var apart = Matrix(rows: 7, columns: 96)
    var column = 0
    for part in parts {
      var y = Matrix(rows: 7, columns: part.outputs), slice = Matrix(rows: 7, columns: part.outputs)
      context.multiply(x, by: part.matrix, into: &y)
      for row in 0..<7 {
        let start = row * 90 + column
        assertSameBits(together.values[start..<start + part.outputs], y[row: row], "row \(row)")
        slice[row: row] = dy.values[start..<start + part.outputs]
      }
      context.addGradient(of: slice, through: [part.matrix], to: &apart)
      column += part.outputs
    }
    assertSameBits(gradient.values, apart.values, "gradient")
  }

  @Test(arguments: WeightFormat.allCases)
  func aRowsBitsDependOnNoOtherRow(format: WeightFormat) throws {
    for shape in RandomWeights.shapes(of: format) {
      let weights = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      var random = CounterRandom(test: 7)
      let x = random.matrix(40, shape.inputs), dy = random.matrix(40, shape.outputs)
      var y = Matrix(rows: 40, columns: shape.outputs), dx = Matrix(rows: 40, columns: shape.inputs)
      context.multiply(x, by: weights.matrix, into: &y)
      context.addGradient(of: dy, through: [weights.matrix], to: &dx)
      for range in [0..<1, 1..<2, 39..<40, 5..<7, 20..<23, 12..<24, 25..<38] {
        var part = Matrix(rows: range.count, columns: shape.outputs)
        context.multiply(x.rows(in: range), by: weights.matrix, into: &part)
        assertSameBits(part.values, y.rows(in: range).values, "\(format) \(shape) \(range)")
        var partGradient = Matrix(rows: range.count, columns: shape.inputs)
        context.addGradient(of: dy.rows(in: range), through: [weights.matrix], to: &partGradient)
        assertSameBits(partGradient.values, dx.rows(in: range).values, "gradient \(format) \(shape) \(range)")
      }
    }
  }

  /// Shapes of the real model's size, where the plain definition would take too long.
  @Test(arguments: WeightFormat.allCases, [(1, 64, 576), (2, 100, 576), (40, 145, 576), (13, 576, 1536)])
  func productsAreThoseOfOpenBLAS(format: WeightFormat, shape: (rows: Int, outputs: Int, inputs: Int)) throws {
    // Whole super-blocks for the formats that have them.
    let inputs = RandomWeights.isSuperBlocked(format) ? (shape.inputs + 255) / 256 * 256 : shape.inputs
    let shape = (rows: shape.rows, outputs: shape.outputs, inputs: inputs)
    let weights = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
    var random = CounterRandom(test: 8)
    let x = random.matrix(shape.rows, shape.inputs), dy = random.matrix(shape.rows, shape.outputs)
    var y = Matrix(rows: shape.rows, columns: shape.outputs), dx = x
    context.multiply(x, by: weights.matrix, into: &y)
    context.addGradient(of: dy, through: [weights.matrix], to: &dx)
    let rows = Int32(shape.rows), outputs = Int32(shape.outputs), columns = Int32(shape.inputs)
    var expected = [Float](repeating: 0, count: shape.rows * shape.outputs), expectedGradient = x.values
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, rows, outputs, columns, 1, x.values, columns, weights.values, columns,
      0,
      &expected, outputs)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, outputs, 1, dy.values, outputs, weights.values,
      columns,
      1,
      &expectedGradient, columns)
    assertClose(y.values, expected, within: .ofLargest(3e-6), "product")
    assertClose(dx.values, expectedGradient, within: .ofLargest(3e-6), "gradient")
  }

  /// A large number, and a vocabulary's worth of such as one chain of additions would lose beside it, all of them.
  @Test(arguments: [24, 64]) func longSumsKeepSmallNumbers(inputs: Int) throws {
    let outputs = 20_000, rows = 70
    let weights = try RandomWeights(.float32, outputs: outputs, inputs: inputs)
    var dy = Matrix(rows: rows, columns: outputs)
    for output in 0..<outputs {
      // Of one sign in the first column of the weights.
      let sign: Float = weights.values[output * inputs] < 0 ? -1 : 1
      for row in 0..<rows { dy[row, output] = sign * (output == 0 ? 1 : 4e-8) }
    }
    let expected = (0..<outputs).reduce(0.0) { sum, output in
      sum + Double(dy[0, output]) * Double(weights.values[output * inputs])
    }
    var reference: [Float]?
    for kernels in KernelSet.available {
      var dx = Matrix(rows: rows, columns: inputs)
      ComputeContext(threads: 2, kernels: kernels).addGradient(of: dy, through: [weights.matrix], to: &dx)
      for row in 0..<rows {
        assertClose([dx[row, 0]], [expected], within: .relative(5e-5), "\(kernels.name) row \(row)")
        assertSameBits(dx[row: row], reference ?? Array(dx[row: 0]), "\(kernels.name) row \(row)")
        if reference == nil { reference = Array(dx[row: 0]) }
      }
    }
  }

  @Test func gradientIsThatOfTheProductByFiniteDifferences() throws {
    let weights = try RandomWeights(.q4_1, outputs: 20, inputs: 32)
    let values = weights.values.map(Double.init)
    var random = CounterRandom(test: 9)
    let x = random.matrix(2, 32), slopes = random.matrix(2, 20)
    var gradient = Matrix(rows: 2, columns: 32)
    context.addGradient(of: slopes, through: [weights.matrix], to: &gradient)
    let expected = x.values.indices.map { index in
      Oracle.derivative(at: x.values.map(Double.init), to: index, slopes: slopes.values) {
        Oracle.product($0, values, outputs: 20, inputs: 32)
      }
    }
    assertClose(gradient.values, expected, within: .ofLargest(2e-6))
  }
}
