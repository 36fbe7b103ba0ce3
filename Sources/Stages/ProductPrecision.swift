/// How exact the products with the model's weights are; the rest is in 32-bit floats.
package enum ProductPrecision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Factors and sums are 32-bit floats.
  case float32
  /// Both factors are rounded to bfloat16 and summed as 32-bit floats: up to twice as fast, on processors with AVX-512
  /// BF16.
  case bfloat16
  /// What quantized weights are multiplied with is rounded to 8-bit integers with a scale for each block of 32, as
  /// llama.cpp does, and in gradients with the weights transposed and rounded to 8 bits; other products as in
  /// ``bfloat16``.
  case int8
}
