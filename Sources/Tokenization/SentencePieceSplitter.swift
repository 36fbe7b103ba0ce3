/// The smallest parts of text in SentencePiece's encoding: the token of each character or, where the vocabulary lacks
/// it, of its bytes, and else the unknown token. A space is the character U+2581.
///
/// Source: Kudo and Richardson, SentencePiece (arXiv 1808.06226); byte fallback as in its version 0.1.9x and Llama's.
struct SentencePieceSplitter: Sendable {
  /// What stands for a space, as UTF-8.
  static let space = Array("\u{2581}".utf8)

  private let vocabulary: ByteStringTable
  /// The id of the token `<0xNN>` for each byte, or -1.
  private let byteTokens: [Int32]
  private let unknown: Int32?
  private let fusesUnknown: Bool

  /// - Parameter fusesUnknown: Whether unknown characters that stand together are one unknown token.
  init(vocabulary: ByteStringTable, kinds: [TokenKind], unknown: Int?, fusesUnknown: Bool = true) {
    self.vocabulary = vocabulary
    self.fusesUnknown = fusesUnknown
    self.unknown = unknown.map(Int32.init)
    byteTokens = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let id = vocabulary.index(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)[...])
      return Int32(id.flatMap { kinds[$0] == .byte ? $0 : nil } ?? -1)
    }
  }

  /// The tokens of a text's smallest parts. Spaces are U+2581 already.
  func parts(of text: ArraySlice<UInt8>, kinds: [TokenKind]) -> [Int32] {
    var parts: [Int32] = []
    parts.reserveCapacity(text.count)
    // Unknown characters wait for the next known one, as in `tokenizers`, where bytes don't count as such.
    var waiting = false
    var start = text.startIndex
    while start < text.endIndex {
      var end = start + 1
      while end < text.endIndex, text[end] & 0xC0 == 0x80 { end += 1 }
      if let id = vocabulary.index(of: text[start..<end]), !kinds[id].isLiteral {
        if waiting, let unknown { parts.append(unknown) }
        waiting = false
        parts.append(Int32(id))
      } else if text[start..<end].allSatisfy({ byteTokens[Int($0)] >= 0 }) {
        for byte in text[start..<end] { parts.append(byteTokens[Int(byte)]) }
      } else if let unknown {
        if waiting, !fusesUnknown { parts.append(unknown) }
        waiting = true
      }
      start = end
    }
    if waiting, let unknown { parts.append(unknown) }
    return parts
  }

  /// A text with U+2581 for its spaces, and one in front of it where it is to have one.
  static func spelled(_ text: ArraySlice<UInt8>, prefixed isPrefixed: Bool) -> [UInt8] {
    var spelled: [UInt8] = isPrefixed ? space : []
    spelled.reserveCapacity(text.count + 3)
    for byte in text {
      if byte == UInt8(ascii: " ") { spelled += space } else { spelled.append(byte) }
    }
    return spelled
  }

  /// A token's spelling with spaces for U+2581.
  static func text(_ spelling: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(spelling.count)
    var rest = spelling
    while let byte = rest.first {
      if rest.starts(with: space) {
        text.append(UInt8(ascii: " "))
        rest = rest.dropFirst(space.count)
      } else {
        text.append(byte)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// The byte that a token `<0xNN>` stands for.
  static func byte(_ spelling: ArraySlice<UInt8>) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: "<0x".utf8), spelling.last == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: spelling.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
  }
}
