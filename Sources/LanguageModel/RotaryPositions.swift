import Compute
import Foundation

/// How queries and keys are turned by their positions: RoPE (arXiv 2104.09864) and what models do to its frequencies.
package struct RotaryPositions: Sendable, Hashable {
  /// Changes to the frequencies `base^(−2i / size)`.
  package enum Scaling: Sendable, Hashable {
    case none
    /// All are divided by a factor (arXiv 2306.15595).
    case linear(factor: Double)
    /// Llama 3.1: wavelengths longer than `original / low` are stretched by `factor`, those shorter than
    /// `original / high` are kept, and those between are blended ("The Llama 3 Herd of Models", arXiv 2407.21783; the
    /// formula is that of transformers' `_compute_llama3_parameters`).
    case llama3(factor: Double, low: Double, high: Double, original: Double)
    /// Each is divided by a factor of its own, `[size / 2]`, and cosines and sines are multiplied by `magnitude`
    /// (LongRoPE, arXiv 2402.13753; GGUF files of Llama 3.1 hold its scaling so, with magnitude 1).
    case factors([Float], magnitude: Float)
    /// NTK by parts (YaRN).
    case yarn(Yarn)
  }

  /// The settings of YaRN (arXiv 2309.00071): pairs that turn often within the original length keep their frequency,
  /// those that turn seldom are slowed down by the factor, and those between are blended. The formulas are those of
  /// transformers' `_compute_yarn_parameters`.
  package struct Yarn: Sendable, Hashable {
    /// The factor by which the length is stretched, and the length before.
    package var factor: Double, original: Double
    /// From how many turns on a frequency is kept, and up to how many it is slowed down by all of the factor.
    package var fast = 32.0, slow = 1.0
    /// Whether the bounds between the pairs are rounded to whole ones.
    package var isTruncated = true
    /// What cosines and sines are multiplied with.
    package var magnitude: Float

    /// With the usual bounds and magnitude.
    init(factor: Double, original: Double) {
      self.factor = factor
      self.original = original
      magnitude = Float(Self.magnitude(factor))
    }

    /// `0.1 · scale · ln(factor) + 1`.
    static func magnitude(_ factor: Double, scale: Double = 1) -> Double {
      factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }

    /// The frequencies in the place of plain ones of this base.
    fileprivate func frequencies(_ plain: [Float], base: Double) -> [Float] {
      let size = Double(2 * plain.count)
      func pair(turns: Double) -> Double { size * log(original / (turns * 2 * .pi)) / (2 * log(base)) }
      var low = pair(turns: fast), high = pair(turns: slow)
      if isTruncated { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      (low, high) = (max(low, 0), min(high, size - 1))
      if low == high { high += 0.001 }
      return plain.enumerated().map { index, frequency in
        let kept = 1 - Float(min(max((Double(index) - low) / (high - low), 0), 1))
        return frequency / Float(factor) * (1 - kept) + frequency * kept
      }
    }
  }

  /// How many of a head's first numbers are turned; even.
  package var size: Int
  package var base: Double
  /// What is done to the frequencies.
  package var scaling: Scaling = .none

  /// How far each pair turns from one position to the next, in radians, `[size / 2]`.
  var frequencies: [Float] {
    let plain = RotaryTable.frequencies(size: size, base: base)
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / Float(factor) }
    case .yarn(let yarn): return yarn.frequencies(plain, base: base)
    case .factors(let factors, _): return zip(plain, factors).map { $0 / $1 }
    case .llama3(let factor, let low, let high, let original):
      return plain.map { frequency in
        let wavelength = 2 * Double.pi / Double(frequency)
        if wavelength > original / low { return frequency / Float(factor) }
        if wavelength < original / high { return frequency }
        let smooth = Float((original / wavelength - low) / (high - low))
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
    }
  }

  /// What cosines and sines are multiplied with.
  var magnitude: Float {
    switch scaling {
    case .factors(_, let magnitude): magnitude
    case .yarn(let yarn): yarn.magnitude
    case .none, .linear, .llama3: 1
    }
  }
}
