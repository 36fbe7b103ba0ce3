/// The numbers that stored elements stand for: the plain definition of every format, one element after the other.
///
/// It is the oracle that faster kernels are tested against, so each value is computed in 32-bit arithmetic with one
/// rounding per operation (no fused multiply-add), which makes it equal, bit for bit, to the `gguf` Python package.
/// All fields are little-endian, `d` and `m` are binary16, and a block holds 32 elements (ggml, `ggml-quants.c`):
///
/// | format | block | element `i` |
/// |---|---|---|
/// | `q4_0` | `d`, 16 bytes | `d · (q − 8)` |
/// | `q4_1` | `d`, `m`, 16 bytes | `d · q + m` |
/// | `q8_0` | `d`, 32 signed bytes | `d · q` |
///
/// In the 4-bit formats the low half of byte `j` is `q` of element `j`, the high half that of element `j + 16`.
///
/// - Parameters:
///   - bytes: the stored elements, from the start of a block; at least as many as `count` elements take.
///   - format: how they are stored.
///   - count: how many elements to give; a multiple of `format.elementsPerBlock`.
/// - Returns: `count` numbers.
/// - Precondition: `bytes` is long enough and `count` is a whole number of blocks, as is true of every
///   `TensorDescription` that `GGUFFile` gives.
public func dequantize(_ bytes: UnsafeRawBufferPointer, format: TensorFormat, count: Int) -> [Float] {
  precondition(count >= 0 && count % format.elementsPerBlock == 0, "count must be a whole number of blocks")
  let blockCount = count / format.elementsPerBlock
  precondition(blockCount <= bytes.count / format.bytesPerBlock, "too few bytes for the elements asked for")

  func bits(at offset: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  var values = [Float](repeating: 0, count: count)
  for block in 0..<blockCount {
    let start = block * format.bytesPerBlock
    let first = block * format.elementsPerBlock
    switch format {
    case .float32:
      let pattern = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
      values[first] = Float(bitPattern: UInt32(littleEndian: pattern))
    case .float16:
      values[first] = Float(binary16Bits: bits(at: start))
    case .bfloat16:
      values[first] = Float(bfloat16Bits: bits(at: start))
    case .q4_0:
      let scale = Float(binary16Bits: bits(at: start))
      for index in 0..<16 {
        let pair = bytes[start + 2 + index]
        values[first + index] = scale * Float(Int(pair & 15) - 8)
        values[first + index + 16] = scale * Float(Int(pair >> 4) - 8)
      }
    case .q4_1:
      let scale = Float(binary16Bits: bits(at: start))
      let minimum = Float(binary16Bits: bits(at: start + 2))
      for index in 0..<16 {
        let pair = bytes[start + 4 + index]
        values[first + index] = scale * Float(pair & 15) + minimum
        values[first + index + 16] = scale * Float(pair >> 4) + minimum
      }
    case .q8_0:
      let scale = Float(binary16Bits: bits(at: start))
      for index in 0..<32 {
        values[first + index] = scale * Float(Int8(bitPattern: bytes[start + 2 + index]))
      }
    }
  }
  return values
}

extension Float {
  /// The value of an IEEE 754 binary16, which a binary32 always holds exactly. Done on the bits, because `Float16`
  /// does not exist on every platform that we build for.
  init(binary16Bits bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = (bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:  // Zero and subnormal numbers: fraction · 2⁻²⁴, exact in binary32.
      self = sign * (Float(fraction) * 0x1p-24)
    case 0x1F:  // Infinity and not-a-number.
      self = Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7F80_0000 | fraction << 13)
    default:  // The exponent's bias goes from 15 to 127.
      self = Float(bitPattern: UInt32(bits & 0x8000) << 16 | (UInt32(exponent) + 112) << 23 | fraction << 13)
    }
  }

  /// The value of a bfloat16, the upper half of a binary32.
  init(bfloat16Bits bits: UInt16) {
    self = Float(bitPattern: UInt32(bits) << 16)
  }
}
