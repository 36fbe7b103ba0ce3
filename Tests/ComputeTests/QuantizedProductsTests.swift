import Compute
import Randomness
import TestSupport
import Testing

/// Products of quantized weights with rows that are rounded to 8-bit integers.
struct QuantizedProductsTests {
  private let context = ComputeContext(threads: 2, precision: .int8)

  /// The numbers that a row's blocks of 32 stand for once they are rounded: `d · round(x / d)` with `d = max |x| /
  /// 127`.
  private func rounded(_ x: [Float]) -> [Double] {
    stride(from: 0, to: x.count, by: 32).flatMap { start -> [Double] in
      let block = x[start..<start + 32], largest = block.map(\.magnitude).max() ?? 0
      guard largest >= 0x1p-100 else { return [Double](repeating: 0, count: 32) }
      return block.map { Double(largest / 127) * Double(($0 * (127 / largest)).rounded(.toNearestOrEven)) }
    }
  }

  @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
  func productIsThatOfRoundedRows(format: WeightFormat) throws {
    try RandomWeights.checkProducts(of: format, on: context, rows: rounded, weights: { $0.map(Double.init) })
  }

  /// Beside quantized weights stand others, which take the rows as bfloat16; so do gradients through matrices that
  /// are not transposed.
  @Test func whatIsNotQuantizedIsMultipliedInBrainFloats() throws {
    let parts = [
      try RandomWeights(.q4_1, outputs: 40, inputs: 96, test: 1), try RandomWeights(.float16, outputs: 33, inputs: 96),
      try RandomWeights(.q8_0, outputs: 17, inputs: 96, test: 2),
    ].map(\.matrix)
    var random = CounterRandom(test: 4)
    let x = random.matrix(30, 96), dy = random.matrix(30, 90), rounding = context.with(.bfloat16)
    var together = Matrix(rows: 30, columns: 90), gradient = Matrix(rows: 30, columns: 96)
    context.multiply(x, by: parts, into: &together)
    context.addGradient(of: dy, through: parts, to: &gradient)
    var column = 0
    for part in parts {
      var apart = Matrix(rows: 30, columns: part.outputs)
      (part.format == .float16 ? rounding : context).multiply(x, by: part, into: &apart)
      for row in 0..<30 {
        assertSameBits(
          Array(Array(together[row: row])[column..<column + part.outputs]), Array(apart[row: row]), "\(part.format)")
      }
      column += part.outputs
    }
    var expected = Matrix(rows: 30, columns: 96)
    rounding.addGradient(of: dy, through: parts, to: &expected)
    assertSameBits(gradient.values, expected.values)
    for range in [0..<1, 3..<5, 10..<13, 14..<30] {
      var part = Matrix(rows: range.count, columns: 90)
      context.multiply(x.rows(in: range), by: parts, into: &part)
      assertSameBits(part.values, together.rows(in: range).values, "\(range)")
    }
  }

  /// The largest integers of both factors, all of one sign: sums of 16 bits hold them.
  @Test(arguments: WeightFormat.allCases.filter(\.isQuantized), [0xFF, 0x80, 0x7F, 0x00] as [UInt8])
  func noSumOverflows(format: WeightFormat, byte: UInt8) throws {
    let inputs = RandomWeights.isSuperBlocked(format) ? 256 : 64
    let weights = try RandomWeights(format, outputs: 40, inputs: inputs, byte: byte)
    for (rows, value) in [(1, 1), (3, -1), (9, -1), (9, 1)] as [(Int, Float)] {
      let numbers = [Float](repeating: value, count: rows * inputs)
      let x = try #require(Matrix(rows: rows, columns: inputs, values: numbers))
      let expected = Oracle.product(
        rounded(numbers), weights.values.map(Double.init), outputs: 40, inputs: inputs)
      for kernels in KernelSet.available {
        var y = Matrix(rows: rows, columns: 40)
        ComputeContext(threads: 1, kernels: kernels, precision: .int8).multiply(x, by: weights.matrix, into: &y)
        assertClose(y.values, expected, within: .ofLargest(3e-6), "\(kernels.name), \(rows) rows of \(value)")
      }
    }
  }

  /// What is not a number shows in its row and in no other; what is too small to be scaled is zero.
  @Test(arguments: [WeightFormat.q4_1, .q8_0, .q2_K, .q6_K], [1, 4, 9])
  func extremeNumbersShow(format: WeightFormat, rows: Int) throws {
    let inputs = RandomWeights.isSuperBlocked(format) ? 256 : 64
    let matrix = try RandomWeights(format, outputs: 40, inputs: inputs).matrix
    var random = CounterRandom(test: 5)
    let lost = rows / 2
    for kernels in KernelSet.available {
      let context = ComputeContext(threads: 1, kernels: kernels, precision: .int8)
      for (value, isLost) in [(Float.nan, true), (.infinity, true), (-.infinity, true), (1e30, false)] {
        let plain = random.matrix(rows, inputs)
        var values = plain.values
        values[lost * inputs + 40] = value
        let x = try #require(Matrix(rows: rows, columns: inputs, values: values))
        var y = Matrix(rows: rows, columns: 40), expected = y
        context.multiply(x, by: matrix, into: &y)
        context.multiply(plain, by: matrix, into: &expected)
        for row in 0..<rows where row != lost {
          assertSameBits(Array(y[row: row]), Array(expected[row: row]), "\(kernels.name), beside \(value)")
        }
        #expect(y[row: lost].allSatisfy { isLost ? $0.isNaN : $0.isFinite }, "\(kernels.name), \(value)")
      }
      let tiny = try #require(Matrix(rows: 1, columns: inputs, values: [Float](repeating: 0x1p-101, count: inputs)))
      var y = Matrix(rows: 1, columns: 40)
      context.multiply(tiny, by: matrix, into: &y)
      #expect(y.values.allSatisfy { $0 == 0 }, "\(kernels.name)")
    }
  }
}
