import Compute

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
    if case .factors(_, let magnitude) = scaling { magnitude } else { 1 }
  }
}
