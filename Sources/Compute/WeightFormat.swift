import CKernels

/// How the numbers of a weight matrix are stored: plainly, or quantized in blocks of 32 or 256 numbers of one row.
///
/// Source of the block formats: the GGUF specification and ggml's `ggml-common.h`.
package enum WeightFormat: Sendable, CaseIterable {
  /// 32-bit floats.
  case float32
  /// 16-bit IEEE floats.
  case float16
  /// 16-bit brain floats.
  case bfloat16
  /// 4 bits and a scale a block of 32: `(q − 8) · d`.
  case q4_0
  /// 4 bits, a scale and a minimum a block of 32: `q · d + m`.
  case q4_1
  /// 5 bits and a scale a block of 32: `(q − 16) · d`.
  case q5_0
  /// 5 bits, a scale and a minimum a block of 32: `q · d + m`.
  case q5_1
  /// 8 bits and a scale a block of 32: `q · d`.
  case q8_0
  /// 2 bits; a block of 256 with 4-bit scales and minima of 16 numbers each.
  case q2_K
  /// 3 bits; a block of 256 with 6-bit scales of 16 numbers each.
  case q3_K
  /// 4 bits; a block of 256 with 6-bit scales and minima of 32 numbers each.
  case q4_K
  /// 5 bits; a block of 256 with 6-bit scales and minima of 32 numbers each.
  case q5_K
  /// 6 bits; a block of 256 with 8-bit scales of 16 numbers each.
  case q6_K
  /// 4 bits that name one of 16 uneven steps, and a scale a block of 32.
  case iq4_nl
  /// The same steps; a block of 256 with 6-bit scales of 32 numbers each.
  case iq4_xs

  /// Bytes that one row of `columns` numbers takes in a file, or nil where the format's blocks do not fit the row.
  package func rowBytes(columns: Int) -> Int? {
    guard columns > 0 else { return nil }
    let bytes = antipode_row_bytes(kernelFormat, columns)
    return bytes == 0 ? nil : bytes
  }

  /// Whether the numbers are integers with scales.
  package var isQuantized: Bool { antipode_is_quantized(kernelFormat) }

  var kernelFormat: antipode_format {
    switch self {
    case .float32: ANTIPODE_F32
    case .float16: ANTIPODE_F16
    case .bfloat16: ANTIPODE_BF16
    case .q4_0: ANTIPODE_Q4_0
    case .q4_1: ANTIPODE_Q4_1
    case .q5_0: ANTIPODE_Q5_0
    case .q5_1: ANTIPODE_Q5_1
    case .q8_0: ANTIPODE_Q8_0
    case .q2_K: ANTIPODE_Q2_K
    case .q3_K: ANTIPODE_Q3_K
    case .q4_K: ANTIPODE_Q4_K
    case .q5_K: ANTIPODE_Q5_K
    case .q6_K: ANTIPODE_Q6_K
    case .iq4_nl: ANTIPODE_IQ4_NL
    case .iq4_xs: ANTIPODE_IQ4_XS
    }
  }
}
