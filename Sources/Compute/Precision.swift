/// How exact a product with weights is. Everything else is in 32-bit floats.
package enum Precision: String, Sendable, CaseIterable {
  /// Factors and sums are 32-bit floats.
  case float32
  /// Both factors are rounded to bfloat16, 8 bits of precision, and summed as 32-bit floats: half the time where the
  /// processor multiplies such numbers (AVX-512 BF16). The bits are the same where it does not.
  case bfloat16
  /// Quantized weights keep their bits; what they are multiplied with is rounded to 8-bit integers, with a scale for
  /// each block of 32 numbers, as llama.cpp does (ggml's Q8_1). Weights that are not quantized are multiplied as in
  /// ``bfloat16``, and so are gradients, unless the weights were transposed for them
  /// (``WeightMatrix/init(transposing:on:)``).
  case int8
}
