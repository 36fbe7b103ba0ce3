import Foundation

/// Cosines and sines of the angles of rotary position embedding, `[positions, size / 2]` each.
///
/// Source: Su et al., RoFormer (arXiv 2104.09864): position `p` turns pair `i` by `p · base^(−2i / size)`. The angles
/// are rounded to 32 bits before their cosines are taken, as the reference implementation does.
package struct RotaryTable: Sendable {
  /// How many of a head's first numbers are turned; even.
  package let size: Int
  /// How many positions the table holds.
  package let positions: Int
  let cosines: [Float]
  let sines: [Float]

  /// A table for `positions` positions with the frequencies `base^(−2i / size)`.
  package init(size: Int, base: Double, positions: Int) {
    self.init(frequencies: Self.frequencies(size: size, base: base), positions: positions)
  }

  /// A table for `positions` positions.
  /// - Parameters:
  ///   - frequencies: How far each pair turns from one position to the next, in radians, `[size / 2]`.
  ///   - factor: What cosines and sines are multiplied with (YaRN, arXiv 2309.00071, calls it attention temperature).
  package init(frequencies: [Float], factor: Float = 1, positions: Int) {
    self.positions = positions
    let half = frequencies.count
    size = 2 * half
    var cosines = [Float](repeating: 0, count: positions * half)
    var sines = cosines
    for position in 0..<positions {
      for pair in 0..<half {
        let angle = Double(Float(position) * frequencies[pair])
        cosines[position * half + pair] = Float(cos(angle)) * factor
        sines[position * half + pair] = Float(sin(angle)) * factor
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  /// `base^(−2i / size)` for each pair, `[size / 2]`.
  package static func frequencies(size: Int, base: Double) -> [Float] {
    (0..<size / 2).map { 1 / Float(pow(base, Double(2 * $0) / Double(size))) }
  }
}
