/// A block of 256 elements with two levels of scales: a binary16 `d` (and `m`) for all, and small integers for groups.
///
/// The fields, in the order of the file (ggml, `ggml-common.h`; the order of elements is that of `ggml-quants.c`).
/// Element `i` stands in part `p = i / 32` at place `l = i % 32`, and `g = i / 16` is its group of 16:
///
/// | format | block | element `i` |
/// |---|---|---|
/// | `q2_K` | 16 bytes of scale `s` and minimum `n`, 4 bits each; 64 bytes of pairs of bits; `d`, `m` | `d · s[g] · q −
/// m · n[g]` | | `q3_K` | 32 bytes of third bits; 64 bytes of pairs; 12 bytes of 6-bit `s`; `d` | `d · (s[g] − 32) · (q
/// − 4)` | | `q4_K` | `d`, `m`; 12 bytes of 6-bit `s`, `n`; 128 bytes of nibbles | `d · s[p] · q − m · n[p]` |
/// | `q5_K` | `d`, `m`; 12 bytes as above; 32 bytes of fifth bits; 128 bytes of nibbles | as `q4_K` |
/// | `q6_K` | 128 bytes of nibbles; 64 bytes of upper pairs of bits; 16 signed bytes `s`; `d` | `d · s[g] · (q − 32)` |
/// | `iq4_xs` | `d`; 2 bytes of upper and 4 of lower bits of 6-bit `s`; 128 bytes of nibbles | `d · (s[p] − 32) ·
/// step[q]` |
struct SuperBlock {
  /// The block as the file holds it.
  let bytes: UnsafeRawBufferPointer

  /// The steps of the IQ4 formats (ggml's `kvalues_iq4nl`).
  static let steps: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

  /// Element `index`.
  func value(_ index: Int, _ format: TensorFormat) -> Float {
    let part = index / 32, place = index % 32, group = index / 16
    switch format {
    case .q2_K:
      let q = pair(at: 16, part: part, place: place)
      let scale = half(at: 80) * Float(bytes[group] & 15), minimum = half(at: 82) * Float(bytes[group] >> 4)
      return scale * Float(q) - minimum
    case .q3_K:
      let q = pair(at: 32, part: part, place: place) | Int(bytes[place] >> part & 1) << 2
      return half(at: 108) * Float(threeBitScale(group)) * Float(q - 4)
    case .q4_K:
      let q = nibble(at: 16, part: part, place: place)
      return fourBitScale(part).scale * Float(q) - fourBitScale(part).minimum
    case .q5_K:
      let q = nibble(at: 48, part: part, place: place) | Int(bytes[16 + place] >> part & 1) << 4
      return fourBitScale(part).scale * Float(q) - fourBitScale(part).minimum
    case .q6_K:
      // Parts 0 and 1 of each four share their bytes' lower halves, parts 2 and 3 the upper ones.
      let low = bytes[part / 4 * 64 + part % 2 * 32 + place] >> (part % 4 / 2 * 4) & 15
      let high = bytes[128 + part / 4 * 32 + place] >> (part % 4 * 2) & 3
      let scale = half(at: 208) * Float(Int8(bitPattern: bytes[192 + group]))
      return scale * Float(Int(low) | Int(high) << 4 - 32)
    case .iq4_xs:
      let upper = Int(bytes[2]) | Int(bytes[3]) << 8
      let scale = Int(bytes[4 + part / 2] >> (part % 2 * 4) & 15) | (upper >> (2 * part) & 3) << 4
      let byte = bytes[8 + part * 16 + place % 16]
      return half(at: 0) * Float(scale - 32) * Self.steps[Int(place < 16 ? byte & 15 : byte >> 4)]
    default:
      return .nan
    }
  }

  private func half(at offset: Int) -> Float {
    Float(binary16Bits: UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8)
  }

  /// Two bits: each 32 bytes hold four parts, the first lowest.
  private func pair(at offset: Int, part: Int, place: Int) -> Int {
    Int(bytes[offset + part / 4 * 32 + place] >> (part % 4 * 2) & 3)
  }

  /// Four bits: each 32 bytes hold two parts, the first lowest.
  private func nibble(at offset: Int, part: Int, place: Int) -> Int {
    Int(bytes[offset + part / 2 * 32 + place] >> (part % 2 * 4) & 15)
  }

  /// The scale of a group of `q3_K`, −32 to 31.
  private func threeBitScale(_ group: Int) -> Int {
    let low = bytes[96 + group % 8] >> (group / 8 * 4) & 15, high = bytes[104 + group % 4] >> (group / 4 * 2) & 3
    return Int(low | high << 4) - 32
  }

  /// The scale and the minimum of a part of `q4_K` and `q5_K`, times `d` and `m`.
  private func fourBitScale(_ part: Int) -> (scale: Float, minimum: Float) {
    let packed = UnsafeRawBufferPointer(rebasing: bytes[4..<16])
    let scale: UInt8, minimum: UInt8
    if part < 4 {
      scale = packed[part] & 63
      minimum = packed[part + 4] & 63
    } else {
      scale = packed[part + 4] & 15 | (packed[part - 4] >> 6) << 4
      minimum = packed[part + 4] >> 4 | (packed[part] >> 6) << 4
    }
    return (half(at: 0) * Float(scale), half(at: 2) * Float(minimum))
  }
}
