/// The numbers that stored elements stand for: the plain definition of every format, one element after the other.
///
/// It is the oracle that faster kernels are tested against, so each value is computed in 32-bit arithmetic with one
/// rounding per operation (no fused multiply-add), which makes it equal, bit for bit, to the `gguf` Python package.
/// All fields are little-endian, and `d` and `m` are binary16 (ggml, `ggml-quants.c`). Blocks of 32 elements:
///
/// | format | block | element `i` |
/// |---|---|---|
/// | `q4_0` | `d`, 16 bytes | `d · (q − 8)` |
/// | `q4_1` | `d`, `m`, 16 bytes | `d · q + m` |
/// | `q5_0` | `d`, 4 bytes of fifth bits, 16 bytes | `d · (q − 16)` |
/// | `q5_1` | `d`, `m`, 4 bytes of fifth bits, 16 bytes | `d · q + m` |
/// | `q8_0` | `d`, 32 signed bytes | `d · q` |
/// | `iq4_nl` | `d`, 16 bytes | `d · step[q]` |
///
/// In the 4- and 5-bit formats the low half of byte `j` is `q` of element `j`, the high half that of element `j + 16`.
/// The formats with blocks of 256 elements are described at `SuperBlock`.
///
/// - Parameters:
///   - bytes: the stored elements, from the start of a block; at least as many as `count` elements take.
///   - format: how they are stored.
///   - count: how many elements to give; a multiple of `format.elementsPerBlock`.
/// - Returns: `count` numbers.
/// - Precondition: `bytes` is long enough and `count` is a whole number of blocks, as is true of every
///   `TensorDescription` that a `TensorSource` gives.
package func dequantize(_ bytes: UnsafeRawBufferPointer, format: TensorFormat, count: Int) -> [Float] {
  precondition(count >= 0 && count % format.elementsPerBlock == 0, "count must be a whole number of blocks")
  let blockCount = count / format.elementsPerBlock
  precondition(blockCount <= bytes.count / format.bytesPerBlock, "too few bytes for the elements asked for")

  func bits(at offset: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  func half(at offset: Int) -> Float { Float(binary16Bits: bits(at: offset)) }
  func word(at offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  var values = [Float](repeating: 0, count: count)
  /// Sets the block's 32 elements from 16 bytes of four bits each, with bits of `high` as the fifth.
  func setNibbles(_ first: Int, at offset: Int, high: UInt32 = 0, _ value: (Int) -> Float) {
    for index in 0..<16 {
      let pair = bytes[offset + index]
      values[first + index] = value(Int(pair & 15) | Int(high >> UInt32(index) & 1) << 4)
      values[first + index + 16] = value(Int(pair >> 4) | Int(high >> UInt32(index + 16) & 1) << 4)
    }
  }
  for block in 0..<blockCount {
    let start = block * format.bytesPerBlock
    let first = block * format.elementsPerBlock
    switch format {
    case .float32: values[first] = Float(bitPattern: word(at: start))
    case .float16: values[first] = half(at: start)
    case .bfloat16: values[first] = Float(bfloat16Bits: bits(at: start))
    case .q4_0:
      let scale = half(at: start)
      setNibbles(first, at: start + 2) { scale * Float($0 - 8) }
    case .q4_1:
      let scale = half(at: start), minimum = half(at: start + 2)
      setNibbles(first, at: start + 4) { scale * Float($0) + minimum }
    case .q5_0:
      let scale = half(at: start)
      setNibbles(first, at: start + 6, high: word(at: start + 2)) { scale * Float($0 - 16) }
    case .q5_1:
      let scale = half(at: start), minimum = half(at: start + 2)
      setNibbles(first, at: start + 8, high: word(at: start + 4)) { scale * Float($0) + minimum }
    case .q8_0:
      let scale = half(at: start)
      for index in 0..<32 { values[first + index] = scale * Float(Int8(bitPattern: bytes[start + 2 + index])) }
    case .iq4_nl:
      let scale = half(at: start)
      setNibbles(first, at: start + 2) { scale * SuperBlock.steps[$0] }
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_xs:
      let block = SuperBlock(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + format.bytesPerBlock]))
      for index in 0..<256 { values[first + index] = block.value(index, format) }
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
