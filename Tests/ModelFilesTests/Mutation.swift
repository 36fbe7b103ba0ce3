/// SplitMix64: a small generator with a seed, so that a failing mutation can be made again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// `bytes` with one to three random damages: flipped bits, extreme numbers, and parts cut out, doubled or overwritten.
func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
  let extremes: [UInt64] = [
    0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, 1 << 62, UInt64(Int64.max), 1 << 63, .max,
    .max - 31,
  ]
  var result = bytes
  for _ in 0..<Int.random(in: 1...3, using: &generator) where !result.isEmpty {
    let place = Int.random(in: 0..<result.count, using: &generator)
    let end = min(result.count, place + Int.random(in: 1...24, using: &generator))
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: result[place] = UInt8.random(in: 0...255, using: &generator)
    case 2:
      let value = extremes.randomElement(using: &generator) ?? 0
      for index in 0..<min(8, result.count - place) {
        result[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
      }
    case 3: result.removeSubrange(place..<end)
    case 4: result.insert(contentsOf: result[place..<end], at: place)
    default: for index in place..<end { result[index] = UInt8.random(in: 0...255, using: &generator) }
    }
  }
  return result
}
