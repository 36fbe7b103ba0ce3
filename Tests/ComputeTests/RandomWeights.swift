import Compute
import ModelFiles
import Randomness
import TestSupport
import Testing

/// A weight matrix of random bytes in one of the formats, as a file would hold it, and the numbers that they stand for.
struct RandomWeights {
  let outputs: Int
  let inputs: Int
  /// `[outputs, inputs]`, by the plain definition of the format.
  let values: [Float]
  let matrix: WeightMatrix

  private struct NotWhole: Error {}

  /// - Parameter byte: What all quants and small scales are made of, instead of random bytes.
  init(
    _ format: WeightFormat, outputs: Int, inputs: Int, test: Int = 0, rows: [Int]? = nil, byte: UInt8? = nil
  ) throws {
    var random = CounterRandom(test: test)
    var bytes: [UInt8] = []
    func half(_ random: inout CounterRandom) -> [UInt8] {
      // Exponents 2⁻⁹ to 2⁻², both signs, any fraction.
      let bits = UInt16(
        random.integer(below: 2) << 15 | (6 + random.integer(below: 8)) << 10 | random.integer(below: 1024))
      return [UInt8(bits & 0xFF), UInt8(bits >> 8)]
    }
    for _ in 0..<outputs {
      switch format {
      case .float32, .bfloat16:
        for value in random.floats(inputs) {
          let bits = value.bitPattern
          let all = [UInt8(bits & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits >> 16 & 0xFF), UInt8(bits >> 24)]
          bytes += format == .float32 ? all[0...] : all[2...]
        }
      case .float16:
        for _ in 0..<inputs { bytes += half(&random) }
      default:
        // Any byte is a quant or a small scale; only the 16-bit scales must be numbers.
        let file = Self.fileFormat(format)
        for _ in 0..<inputs / file.elementsPerBlock {
          var block = (0..<file.bytesPerBlock).map { _ in byte ?? UInt8(random.integer(below: 256)) }
          for offset in Self.scaleOffsets(format) { block.replaceSubrange(offset..<offset + 2, with: half(&random)) }
          bytes += block
        }
      }
    }
    self.outputs = outputs
    self.inputs = inputs
    values = bytes.withUnsafeBytes { dequantize($0, format: Self.fileFormat(format), count: outputs * inputs) }
    matrix = try Self.matrix(bytes, outputs: outputs, inputs: inputs, format: format, rows: rows)
  }

  private static func matrix(_ bytes: [UInt8], outputs: Int, inputs: Int, format: WeightFormat, rows: [Int]?) throws
    -> WeightMatrix
  {
    let matrix = bytes.withUnsafeBytes {
      WeightMatrix($0, outputs: outputs, inputs: inputs, format: format, rows: rows, on: ThreadPool(threads: 1))
    }
    guard let matrix else { throw NotWhole() }
    return matrix
  }

  /// Where a block's 16-bit scales and minima stand.
  private static func scaleOffsets(_ format: WeightFormat) -> [Int] {
    switch format {
    case .float32, .float16, .bfloat16: []
    case .q4_0, .q5_0, .q8_0, .iq4_nl, .iq4_xs: [0]
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    }
  }

  /// Whether rows must be whole blocks of 256.
  static func isSuperBlocked(_ format: WeightFormat) -> Bool { fileFormat(format).elementsPerBlock == 256 }

  private static func fileFormat(_ format: WeightFormat) -> TensorFormat {
    switch format {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .q4_0: .q4_0
    case .q4_1: .q4_1
    case .q5_0: .q5_0
    case .q5_1: .q5_1
    case .q8_0: .q8_0
    case .q2_K: .q2_K
    case .q3_K: .q3_K
    case .q4_K: .q4_K
    case .q5_K: .q5_K
    case .q6_K: .q6_K
    case .iq4_nl: .iq4_nl
    case .iq4_xs: .iq4_xs
    }
  }

  /// Shapes that end within a tile of 32 outputs, within a panel of 16, and within a block of 32 inputs where the
  /// format has no blocks; and some past the depths of 192, 288 and 512 at which sums go through memory.
  static func shapes(of format: WeightFormat) -> [(outputs: Int, inputs: Int)] {
    let whole = [(64, 64), (40, 32), (33, 160), (15, 96), (145, 288), (33, 544)]
    return switch format {
    case .float32, .float16, .bfloat16: whole + [(1, 1), (37, 45), (50, 131), (17, 31), (130, 257)]
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl: whole
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_xs: [(64, 256), (33, 768), (15, 256), (145, 768)]
    }
  }

  /// Compares a context's products with the plain definition, of factors that stand for others where they are rounded.
  static func checkProducts(
    of format: WeightFormat, on context: ComputeContext, rows values: ([Float]) -> [Double],
    weights: ([Float]) -> [Double]
  ) throws {
    for shape in shapes(of: format) {
      let random = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      for rows in rowCounts {
        var numbers = CounterRandom(test: rows)
        let x = numbers.matrix(rows, shape.inputs)
        var y = Matrix(rows: rows, columns: shape.outputs)
        context.multiply(x, by: random.matrix, into: &y)
        let expected = Oracle.product(
          values(x.values), weights(random.values), outputs: shape.outputs, inputs: shape.inputs)
        assertClose(y.values, expected, within: .ofLargest(3e-6), "\(format) \(shape) \(rows) rows")
      }
    }
  }

  /// Numbers of rows on both sides of every register tile's height.
  static let rowCounts = [1, 2, 3, 4, 5, 8, 9, 12, 13, 40]
}
