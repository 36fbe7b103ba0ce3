import Compute
import Randomness
import TestSupport
import Testing

/// Products whose factors are rounded to bfloat16.
struct RoundedProductsTests {
  private let context = ComputeContext(threads: 2, precision: .bfloat16)

  /// The nearest bfloat16, ties to even, by its definition.
  private func rounded(_ x: Float, least: Float) -> Double {
    guard x.magnitude >= least else { return 0 }
    let below = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: (x.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
    let (toBelow, toAbove) = ((x - below).magnitude, (above - x).magnitude)
    if toBelow == toAbove { return Double(below.bitPattern >> 16 & 1 == 0 ? below : above) }
    return Double(toBelow < toAbove ? below : above)
  }

  private func values(_ x: [Float]) -> [Double] { x.map { rounded($0, least: 0x1p-70) } }
  private func weights(_ x: [Float]) -> [Double] { x.map { rounded($0, least: 0x1p-40) } }

  @Test(arguments: WeightFormat.allCases)
  func productIsThatOfRoundedFactors(format: WeightFormat) throws {
    try RandomWeights.checkProducts(of: format, on: context, rows: values, weights: weights)
  }

  @Test(arguments: WeightFormat.allCases)
  func transposedProductIsThatOfRoundedFactorsAndAdds(format: WeightFormat) throws {
    for shape in RandomWeights.shapes(of: format) {
      let random = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      let transposed = Oracle.transposed(
        weights(random.values), outputs: shape.outputs, inputs: shape.inputs)
      for rows in [1, 5, 13] {
        var numbers = CounterRandom(test: rows)
        let dy = numbers.matrix(rows, shape.outputs), before = numbers.matrix(rows, shape.inputs)
        var dx = before
        context.addGradient(of: dy, through: [random.matrix], to: &dx)
        let products = Oracle.product(values(dy.values), transposed, outputs: shape.inputs, inputs: shape.outputs)
        let expected = zip(before.values, products).map { Double($0) + $1 }
        assertClose(dx.values, expected, within: .ofLargest(3e-6), "\(format) \(shape) \(rows) rows")
      }
    }
  }

  @Test func severalMatricesStandSideBySideAndRowsAreAlone() throws {
    let parts = [
      try RandomWeights(.q4_1, outputs: 40, inputs: 96, test: 1),
      try RandomWeights(.q8_0, outputs: 17, inputs: 96, test: 2),
      try RandomWeights(.float16, outputs: 33, inputs: 96, test: 3),
    ].map(\.matrix)
    var random = CounterRandom(test: 4)
    let x = random.matrix(30, 96), dy = random.matrix(30, 90)
    var together = Matrix(rows: 30, columns: 90), gradient = Matrix(rows: 30, columns: 96)
    context.multiply(x, by: parts, into: &together)
    context.addGradient(of: dy, through: parts, to: &gradient)
    for range in [0..<1, 3..<5, 10..<13, 14..<30] {
      var part = Matrix(rows: range.count, columns: 90), partGradient = Matrix(rows: range.count, columns: 96)
      context.multiply(x.rows(in: range), by: parts, into: &part)
      context.addGradient(of: dy.rows(in: range), through: parts, to: &partGradient)
      assertSameBits(part.values, together.rows(in: range).values, "\(range)")
      assertSameBits(partGradient.values, gradient.rows(in: range).values, "gradient \(range)")
    }
  }

  /// Numbers at the ends of the range, where the instruction would take small products for zero: the same bits from all
  /// sets, since there is none.
  @Test func smallAndLargeNumbersGiveTheSameBitsFromAllSets() throws {
    var random = CounterRandom(test: 5)
    func spread(_ count: Int, _ exponents: ClosedRange<Int>) -> [Float] {
      random.floats(count).map {
        let scaled = Float(
          sign: .plus, exponent: exponents.lowerBound + random.integer(below: exponents.count), significand: $0)
        return random.integer(below: 9) == 0 ? 0 : scaled
      }
    }
    let inputs = 96, outputs = 48
    for (values, weights) in [(-149...(-60), -60...(-30)), (-90...(-70), -45...(-38)), (-5...60, -5...60)] {
      let table = spread(outputs * inputs, weights)
      let matrix = try #require(
        table.withUnsafeBytes {
          WeightMatrix($0, outputs: outputs, inputs: inputs, format: .float32, on: ThreadPool(threads: 1))
        })
      let x = try #require(Matrix(rows: 13, columns: inputs, values: spread(13 * inputs, values)))
      let dy = try #require(Matrix(rows: 13, columns: outputs, values: spread(13 * outputs, values)))
      var expected: [[Float]] = []
      for kernels in KernelSet.available {
        let context = ComputeContext(threads: 1, kernels: kernels, precision: .bfloat16)
        var y = Matrix(rows: 13, columns: outputs), dx = Matrix(rows: 13, columns: inputs)
        context.multiply(x, by: matrix, into: &y)
        context.addGradient(of: dy, through: [matrix], to: &dx)
        if expected.isEmpty { expected = [y.values, dx.values] }
        assertSameBits(y.values, expected[0], "\(kernels.name) \(values)")
        assertSameBits(dx.values, expected[1], "gradient, \(kernels.name) \(values)")
      }
    }
  }
}
