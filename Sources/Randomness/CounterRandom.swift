import Foundation

/// Random numbers that are a function of a key and a counter: no state is carried from one use to another, so the order
/// of work, batches and interruptions can't change them.
///
/// Source: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011): Philox4x32 with 10 rounds. The key is
/// the seed; the counter holds the stream's three coordinates and the draw's number.
package struct CounterRandom: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let stream: (UInt32, UInt32, UInt32)
  private var draw: UInt32 = 0
  private var second: UInt64?

  /// What the numbers are for: draws for different purposes never meet.
  package enum Purpose: UInt32, Sendable {
    /// The sampled token of a step.
    case sampling = 1
    /// The order of training pairs.
    case shuffling = 2
    /// The rows of a soft prompt before tuning.
    case initialization = 3
    /// The order in which wordings are dealt out.
    case selection = 4
    /// Tests.
    case testing = 5
    /// The matrices of a low-rank adapter before training.
    case adapter = 6
  }

  /// The stream of random numbers for one purpose, sample and step of a seed.
  package init(seed: UInt64, purpose: Purpose, sample: Int = 0, step: Int = 0) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    stream = (purpose.rawValue, UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: step))
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    if let value = second {
      second = nil
      return value
    }
    let block = Self.philox(counter: (draw, stream.0, stream.1, stream.2), key: key)
    draw &+= 1
    second = UInt64(block.2) | UInt64(block.3) << 32
    return UInt64(block.0) | UInt64(block.1) << 32
  }

  /// A number in `0 ..< 1`, uniform over the multiples of 2⁻⁵³.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of the standard normal distribution (Box and Muller).
  package mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// The numbers `0 ..< count` in random order (Fisher and Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, integer(below: index + 1)) }
    return order
  }

  static func philox(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var c = counter, k = key
    for _ in 0..<10 {
      let first = UInt64(c.0) * 0xD251_1F53, second = UInt64(c.2) * 0xCD9E_8D57
      c = (
        UInt32(second >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: second),
        UInt32(first >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: first)
      )
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }
}
