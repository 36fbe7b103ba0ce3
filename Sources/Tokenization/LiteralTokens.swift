/// The tokens that are cut out of a text whole, before it is split into words.
struct LiteralTokens: Sendable {
  /// A part of a text: one literal token, or the bytes between two of them.
  enum Part: Equatable, Sendable {
    case token(Int)
    case text(Range<Int>)
  }

  /// One of the tokens, as it is looked for.
  struct Literal: Sendable {
    var id: Int
    var spelling: [UInt8]
    var flags: TokenFlags = []
  }

  /// The literals by their first byte, the longest first.
  private var byFirstByte = [[Literal]](repeating: [], count: 256)

  /// Whether there are none.
  var isEmpty: Bool { byFirstByte.allSatisfy(\.isEmpty) }

  /// Gathers the literals; empty spellings match nothing.
  init(_ literals: [Literal]) {
    for literal in literals {
      if let first = literal.spelling.first { byFirstByte[Int(first)].append(literal) }
    }
    for byte in byFirstByte.indices {
      byFirstByte[byte].sort { ($0.spelling.count, $1.id) > ($1.spelling.count, $0.id) }
    }
  }

  /// Cuts the text at the literals in it: the leftmost first and, of those that begin there, the longest.
  ///
  /// As in `added_vocabulary.rs` of Hugging Face `tokenizers`: one that must be a word of its own and isn't is passed
  /// over with all that it covers, and the white space that one takes along is still searched for others.
  /// - Parameter allows: Whether a literal may stand at a place.
  func parts(
    of text: ArraySlice<UInt8>, where allows: (Int, Range<Int>) -> Bool = { _, _ in true }
  ) -> [Part] {
    var parts: [Part] = []
    var start = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      let candidates = byFirstByte[Int(text[index])]
      let found = candidates.first {
        text[index...].starts(with: $0.spelling) && allows($0.id, index..<(index + $0.spelling.count))
      }
      guard let match = found else {
        index += 1
        continue
      }
      var first = index, end = index + match.spelling.count
      index = end
      if match.flags.contains(.singleWord), Self.endsWithWord(text[..<first]) || Self.beginsWithWord(text[end...]) {
        continue
      }
      if match.flags.contains(.stripsLeft) { first = max(Self.endWithoutSpace(text[..<first]), start) }
      if match.flags.contains(.stripsRight) { end = Self.startWithoutSpace(text[end...]) }
      if start < first { parts.append(.text(start..<first)) }
      parts.append(.token(match.id))
      start = end
    }
    if start < text.endIndex { parts.append(.text(start..<text.endIndex)) }
    return parts
  }

  private static func lastScalar(_ text: ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard var first = text.indices.last else { return nil }
    while first > text.startIndex, text[first] & 0xC0 == 0x80 { first -= 1 }
    return String(decoding: text[first...], as: UTF8.self).unicodeScalars.last
  }

  private static func firstScalar(_ text: ArraySlice<UInt8>) -> Unicode.Scalar? {
    String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first
  }

  private static func endsWithWord(_ text: ArraySlice<UInt8>) -> Bool { lastScalar(text)?.isInWord ?? false }

  private static func beginsWithWord(_ text: ArraySlice<UInt8>) -> Bool { firstScalar(text)?.isInWord ?? false }

  /// Where the white space at the text's end begins.
  private static func endWithoutSpace(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text
    while let scalar = lastScalar(rest), scalar.properties.isWhitespace { rest = rest.dropLast(UTF8.width(scalar)) }
    return rest.endIndex
  }

  /// Where the white space at the text's start ends.
  private static func startWithoutSpace(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text
    while let scalar = firstScalar(rest), scalar.properties.isWhitespace { rest = rest.dropFirst(UTF8.width(scalar)) }
    return rest.startIndex
  }
}

extension Unicode.Scalar {
  /// `\w` of Rust's regular expressions: what `single_word` and the pre-tokenizer `Whitespace` call part of a word.
  var isInWord: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }
}
