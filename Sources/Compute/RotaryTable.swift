import Foundation

/// Cosines and sines of the angles of rotary position embedding, `[positions, headSize / 2]` each.
///
/// Source: Su et al., RoFormer (arXiv 2104.09864): position `p` turns pair `i` by `p · base^(−2i / headSize)`. The angles
/// are rounded to 32 bits before their cosines are taken, as the reference implementation does.
public struct RotaryTable: Sendable {
  /// Width of one head; even.
  public let headSize: Int
  /// How many positions the table holds.
  public let positions: Int
  let cosines: [Float]
  let sines: [Float]

  /// A table for `positions` positions.
  public init(headSize: Int, base: Double, positions: Int) {
    self.headSize = headSize
    self.positions = positions
    let half = headSize / 2
    let frequencies = (0..<half).map { pair in
      1 / Float(pow(base, Double(2 * pair) / Double(headSize)))
    }
    var cosines = [Float](repeating: 0, count: positions * half)
    var sines = cosines
    for position in 0..<positions {
      for pair in 0..<half {
        let angle = Double(Float(position) * frequencies[pair])
        cosines[position * half + pair] = Float(cos(angle))
        sines[position * half + pair] = Float(sin(angle))
      }
    }
    self.cosines = cosines
    self.sines = sines
  }
}
