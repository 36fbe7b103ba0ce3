import Compute
import TestSupport
import Testing

/// Quantized matrices, transposed and rounded to 8 bits.
struct TransposedWeightsTests {
  private let context = ComputeContext(threads: 2)

  @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
  func numbersAreTheNearestOfTheirBlocks(format: WeightFormat) throws {
    let inputs = RandomWeights.isSuperBlocked(format) ? 256 : 96
    // The second block of 32 outputs has numbers of both matrices.
    let parts = try [1, 2].map { try RandomWeights(format, outputs: 48, inputs: inputs, test: $0) }
    let transposed = try #require(WeightMatrix(transposing: parts.map(\.matrix), on: context))
    #expect(transposed.outputs == inputs && transposed.inputs == 96 && transposed.format == .q8_0)
    let found = context.gather(rows: Array(0..<inputs), of: transposed)
    let together = parts.flatMap(\.values)
    for input in 0..<inputs {
      let exact = (0..<96).map { together[$0 * inputs + input] }
      for block in 0..<3 {
        let range = block * 32..<(block + 1) * 32
        let largest = exact[range].map(\.magnitude).max() ?? 0
        // Half a step; a step is rounded up to 16 bits.
        let step = largest / 127 * 1.001
        #expect(
          range.allSatisfy { (found[input, $0] - exact[$0]).magnitude <= step / 2 },
          "\(format), input \(input), block \(block)")
      }
    }
  }

  @Test func onlyWholeBlocksOfQuantizedNumbersAreTransposed() throws {
    let odd = try RandomWeights(.q4_1, outputs: 40, inputs: 64).matrix
    let plain = try RandomWeights(.float16, outputs: 64, inputs: 64).matrix
    let whole = try RandomWeights(.q4_1, outputs: 64, inputs: 64).matrix
    #expect(WeightMatrix(transposing: [odd], on: context) == nil)
    #expect(WeightMatrix(transposing: [plain], on: context) == nil)
    #expect(WeightMatrix(transposing: [whole, plain], on: context) == nil)
    #expect(WeightMatrix(transposing: [], on: context) == nil)
    #expect(WeightMatrix(transposing: [whole, whole], on: context) != nil)
  }

  /// A weight that is not a number stays one: so are all of its block.
  @Test func whatIsNotANumberShows() throws {
    for bits in [Float16.nan.bitPattern, Float16.infinity.bitPattern] {
      var bytes = [UInt8](repeating: 0, count: 32 * 20)
      bytes[5 * 20 + 2] = UInt8(bits & 0xFF)
      bytes[5 * 20 + 3] = UInt8(bits >> 8)
      let matrix = try #require(
        bytes.withUnsafeBytes { WeightMatrix($0, outputs: 32, inputs: 32, format: .q4_1, on: context.pool) })
      let transposed = try #require(WeightMatrix(transposing: [matrix], on: context))
      #expect(context.gather(rows: Array(0..<32), of: transposed).values.allSatisfy { $0.isNaN })
    }
  }

  /// Zeros, numbers too small for a 16-bit scale, and the largest that one holds.
  @Test func extremeNumbersHaveScales() throws {
    for value in [0, 0x1p-24, 0x1p-12, 1000] as [Float] {
      // Blocks of 32: a 16-bit scale and a 16-bit minimum, which is the value for all of them.
      let bits = Float16(value).bitPattern
      let block = [0, 0, UInt8(bits & 0xFF), UInt8(bits >> 8)] + [UInt8](repeating: 0, count: 16)
      let bytes = (0..<32).flatMap { _ in block }
      let matrix = try #require(
        bytes.withUnsafeBytes { WeightMatrix($0, outputs: 32, inputs: 32, format: .q4_1, on: context.pool) })
      let transposed = try #require(WeightMatrix(transposing: [matrix], on: context))
      let found = context.gather(rows: Array(0..<32), of: transposed)
      let tolerance: Tolerance = value < 0x1p-20 ? .absolute(Double(value)) : .relative(5e-3)
      assertClose(found.values, [Float](repeating: value, count: 1024).map(Double.init), within: tolerance, "\(value)")
    }
  }
}
