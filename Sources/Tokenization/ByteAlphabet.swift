/// The byte-level alphabet of GPT-2: a printable character for each of the 256 bytes, so that a vocabulary of byte
/// strings can be written as text.
///
/// Bytes that are printable in Latin-1 stand for themselves; the other 68 are, in order, U+0100 and what follows.
/// Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), `bytes_to_unicode` of their
/// published encoder.
enum ByteAlphabet {
  /// The character of each byte, as UTF-8.
  static let spellings: [[UInt8]] = characters.map { Array(String($0).utf8) }

  /// The byte of each character, by scalar value; `nil` where the character is not in the alphabet.
  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 256 + 68)
    for (byte, character) in characters.enumerated() { bytes[Int(character.value)] = UInt8(byte) }
    return bytes
  }()

  private static let characters: [Unicode.Scalar] = {
    var replacement: UInt16 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE { return Unicode.Scalar(byte) }
      defer { replacement += 1 }
      return Unicode.Scalar(replacement) ?? "\u{FFFD}"
    }
  }()

  /// The bytes that a token stands for, or `nil` when it has a character that is not in the alphabet.
  ///
  /// - Parameter spelling: the token as the vocabulary writes it, in valid UTF-8.
  static func decode(_ spelling: ArraySlice<UInt8>) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(spelling.count)
    for scalar in String(decoding: spelling, as: UTF8.self).unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return nil }
      decoded.append(byte)
    }
    return decoded
  }
}
