/// The smallest parts of text in byte-level encoding: the token of each byte.
struct ByteLevelSplitter: Sendable {
  /// The id of the token for each single byte, or -1.
  private let byteTokens: [Int32]
  private let unknown: Int32?
  private let fusesUnknown: Bool

  /// - Parameters:
  ///   - unknown: The token for bytes that the vocabulary lacks; without one, they are left out.
  ///   - fusesUnknown: Whether those that stand together are one token.
  init(vocabulary: ByteStringTable, unknown: Int? = nil, fusesUnknown: Bool = false) {
    self.unknown = unknown.map(Int32.init)
    self.fusesUnknown = fusesUnknown
    byteTokens = ByteAlphabet.spellings.map { Int32(vocabulary.index(of: $0[...]) ?? -1) }
  }

  /// The tokens of a word's bytes, as in Hugging Face `tokenizers`.
  func parts(of word: ArraySlice<UInt8>) -> some Sequence<Int32> {
    var previous: Int32 = 0
    return word.lazy.map { byte -> Int32 in
      let token = byteTokens[Int(byte)]
      defer { previous = token }
      if token >= 0 { return token }
      return fusesUnknown && previous < 0 ? -1 : unknown ?? -1
    }.filter { $0 >= 0 }
  }
}
