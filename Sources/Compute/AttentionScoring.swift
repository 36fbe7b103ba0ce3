import Foundation

/// How an attention layer scores a key for a query: `cap(scale · query · key) + slope · (key position − query
/// position)`.
package struct AttentionScoring: Sendable, Hashable {
  /// What the product of query and key is multiplied with.
  package var scale: Float
  /// The bound `c` of `c · tanh(x / c)`, Gemma 2 (arXiv 2408.00118), section 2; nil: none.
  package var softCap: Float?
  /// How many positions a query sees, its own included (sliding window, Mistral 7B, arXiv 2310.06825); nil: all before
  /// it.
  package var window: Int?
  /// The slope of each query head, `[queryHeads]` (ALiBi, arXiv 2108.12409); empty: none.
  package var slopes: [Float]

  /// A way to score; without options `scale · query · key`.
  package init(scale: Float, softCap: Float? = nil, window: Int? = nil, slopes: [Float] = []) {
    self.scale = scale
    self.softCap = softCap
    self.window = window
    self.slopes = slopes
  }

  /// The usual one: `query · key / √headSize` over all positions.
  package init(_ shape: AttentionShape) {
    self.init(scale: 1 / Float(shape.headSize).squareRoot())
  }

  /// ALiBi's slopes for some heads, `2^(−8i / n)` for `n` a power of two; else those of the power below, and every
  /// other one of the power above (arXiv 2108.12409, and its published code).
  package static func alibiSlopes(heads: Int) -> [Float] {
    var power = 1
    while power * 2 <= heads { power *= 2 }
    func slopes(_ count: Int) -> [Float] {
      let base = Float(pow(2, -pow(2, -(log2(Double(count)) - 3))))
      return (1...count).map { powf(base, Float($0)) }
    }
    let above = slopes(2 * power)
    return slopes(power) + (0..<heads - power).map { above[2 * $0] }
  }
}
