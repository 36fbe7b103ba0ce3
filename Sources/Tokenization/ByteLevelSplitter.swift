/// The smallest parts of text in byte-level encoding: the token of each byte.
struct ByteLevelSplitter: Sendable {
  /// The id of the token for each single byte, or -1.
  private let byteTokens: [Int32]

  init(vocabulary: ByteStringTable) {
    byteTokens = ByteAlphabet.spellings.map { Int32(vocabulary.index(of: $0[...]) ?? -1) }
  }

  /// The tokens of a word's bytes; those that the vocabulary lacks are left out, as in Hugging Face `tokenizers`.
  func parts(of word: ArraySlice<UInt8>) -> some Sequence<Int32> {
    word.lazy.map { byteTokens[Int($0)] }.filter { $0 >= 0 }
  }
}
