/// How exact the products with the model's weights are; the rest is in 32-bit floats.
public enum ProductPrecision: String, Sendable, Hashable, CaseIterable {
  /// Factors and sums are 32-bit floats.
  case float32
  /// Both factors are rounded to bfloat16 and summed as 32-bit floats: up to twice as fast, on processors with AVX-512 BF16.
  case bfloat16
}
