/// How a tensor's elements are stored: plain numbers, or blocks of quantized ones.
///
/// The layouts are ggml's (`ggml-common.h`); `dequantize` says what each block means. A block is
/// `elementsPerBlock` consecutive elements of one row in `bytesPerBlock` bytes; plain formats have blocks of one.
package enum TensorFormat: Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary16.
  case float16
  /// bfloat16: the upper half of a binary32.
  case bfloat16
  /// 32 elements of 4 bits with a scale.
  case q4_0
  /// 32 elements of 4 bits with a scale and a minimum.
  case q4_1
  /// 32 elements of 5 bits with a scale.
  case q5_0
  /// 32 elements of 5 bits with a scale and a minimum.
  case q5_1
  /// 32 elements of 8 bits with a scale.
  case q8_0
  /// 256 elements of 2 bits; 16 share a 4-bit scale and minimum.
  case q2_K
  /// 256 elements of 3 bits; 16 share a 6-bit scale.
  case q3_K
  /// 256 elements of 4 bits; 32 share a 6-bit scale and minimum.
  case q4_K
  /// 256 elements of 5 bits; 32 share a 6-bit scale and minimum.
  case q5_K
  /// 256 elements of 6 bits; 16 share an 8-bit scale.
  case q6_K
  /// 32 elements of 4 bits, each one of 16 uneven steps, with a scale.
  case iq4_nl
  /// 256 elements of the same steps; 32 share a 6-bit scale.
  case iq4_xs

  /// Elements in one block.
  package var elementsPerBlock: Int { layout.elements }

  /// Bytes of one block.
  package var bytesPerBlock: Int { layout.bytes }

  /// The number that stands for this format in a GGUF file (`enum ggml_type`).
  package var ggufType: UInt32 { layout.ggufType }

  private var layout: (elements: Int, bytes: Int, ggufType: UInt32) {
    switch self {
    case .float32: (1, 4, 0)
    case .float16: (1, 2, 1)
    case .bfloat16: (1, 2, 30)
    case .q4_0: (32, 18, 2)
    case .q4_1: (32, 20, 3)
    case .q5_0: (32, 22, 6)
    case .q5_1: (32, 24, 7)
    case .q8_0: (32, 34, 8)
    case .q2_K: (256, 84, 10)
    case .q3_K: (256, 110, 11)
    case .q4_K: (256, 144, 12)
    case .q5_K: (256, 176, 13)
    case .q6_K: (256, 210, 14)
    case .iq4_nl: (32, 18, 20)
    case .iq4_xs: (256, 136, 23)
    }
  }

  /// The format's name as ggml writes it, such as `Q4_1`.
  package var ggufName: String {
    Self.ggufName(ofType: ggufType)
  }

  /// The format that the GGUF type number stands for, or `nil` if we don't read it.
  init?(ggufType: UInt32) {
    guard let format = Self.allCases.first(where: { $0.ggufType == ggufType }) else { return nil }
    self = format
  }

  /// ggml's name for a type number, also for the formats that we don't read, so that an error can name them.
  static func ggufName(ofType type: UInt32) -> String {
    ggufNames[type] ?? "unknown type \(type)"
  }

  private static let ggufNames: [UInt32: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]
}
