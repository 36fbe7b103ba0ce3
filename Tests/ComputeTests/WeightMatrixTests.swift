import Compute
import TestSupport
import Testing

struct WeightMatrixTests {
  @Test(arguments: WeightFormat.allCases)
  func rowsAreThoseOfTheFileToTheBit(format: WeightFormat) throws {
    let context = ComputeContext(threads: 2)
    for shape in RandomWeights.shapes(of: format) {
      let weights = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      let indices = Array((0..<shape.outputs).reversed()) + [0, 0]
      let rows = context.gather(rows: indices, of: weights.matrix)
      #expect(rows.rows == indices.count && rows.columns == shape.inputs)
      for (row, index) in indices.enumerated() {
        let start = index * shape.inputs
        // A scale below zero times 0 is -0 there and 0 here where a minimum is added; as numbers they are equal.
        #expect(
          rows[row: row].elementsEqual(weights.values[start..<start + shape.inputs]), "\(format) \(shape) \(index)")
      }
    }
  }

  @Test func readsEveryHalfPrecisionNumber() throws {
    let context = ComputeContext(threads: 1)
    for (format, isNumber) in [
      (WeightFormat.float16, { (bits: UInt16) in bits & 0x7C00 != 0x7C00 || bits & 0x3FF == 0 }),
      (.bfloat16, { bits in bits & 0x7F80 != 0x7F80 || bits & 0x7F == 0 }),
    ] {
      let bits = (0...UInt16.max).map { $0 }
      let matrix = bits.withUnsafeBytes {
        WeightMatrix($0, outputs: 256, inputs: 256, format: format, on: context.pool)
      }
      let values = context.gather(rows: Array(0..<256), of: try #require(matrix)).values
      for (value, bits) in zip(values, bits) {
        let expected = format == .float16 ? halfPrecision(bits) : Float(bitPattern: UInt32(bits) << 16)
        if isNumber(bits) {
          #expect(value.bitPattern == expected.bitPattern, "\(format) \(bits)")
        } else {
          #expect(value.isNaN, "\(format) \(bits)")
        }
      }
    }
  }

  /// The value of a binary16 by its definition: sign, exponent and fraction.
  private func halfPrecision(_ bits: UInt16) -> Float {
    let exponent = Int(bits >> 10 & 31), fraction = Float(bits & 0x3FF) / 1024
    let magnitude: Float =
      switch exponent {
      case 0: fraction * 0x1p-14
      case 31: fraction == 0 ? .infinity : .nan
      default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
      }
    return bits >> 15 == 0 ? magnitude : -magnitude
  }

  /// Rows in another order, some twice, some not at all.
  @Test(arguments: WeightFormat.allCases) func takesTheRowsThatAreAskedFor(format: WeightFormat) throws {
    let context = ComputeContext(threads: 2)
    let shape = RandomWeights.shapes(of: format)[1]
    let order = (0..<37).map { ($0 * 7 + 3) % shape.outputs }
    let whole = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
    let picked = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs, rows: order)
    #expect(picked.matrix.outputs == 37)
    assertSameBits(
      context.gather(rows: Array(0..<37), of: picked.matrix).values,
      context.gather(rows: order, of: whole.matrix).values)
  }

  @Test func refusesBytesThatDoNotFillTheShape() {
    let pool = ThreadPool(threads: 1)
    let bytes = [UInt8](repeating: 0, count: 4096)
    func matrix(_ count: Int, _ outputs: Int, _ inputs: Int, _ format: WeightFormat) -> WeightMatrix? {
      bytes.withUnsafeBytes {
        WeightMatrix(
          UnsafeRawBufferPointer(rebasing: $0[..<count]), outputs: outputs, inputs: inputs, format: format, on: pool)
      }
    }
    #expect(matrix(80, 2, 64, .q4_1) != nil)
    #expect(matrix(79, 2, 64, .q4_1) == nil)
    #expect(matrix(81, 2, 64, .q4_1) == nil)
    #expect(matrix(80, 2, 33, .q4_1) == nil)
    #expect(matrix(2 * 2 * 18, 2, 64, .q4_0) != nil)
    #expect(matrix(2 * 2 * 34, 2, 64, .q8_0) != nil)
    #expect(matrix(2 * 33 * 4, 2, 33, .float32) != nil)
    #expect(matrix(2 * 33 * 2, 2, 33, .float16) != nil)
    #expect(matrix(2 * 33 * 2, 2, 33, .bfloat16) != nil)
    #expect(matrix(0, 0, 32, .float32) == nil)
    #expect(matrix(0, 2, 0, .float32) == nil)
  }
}
