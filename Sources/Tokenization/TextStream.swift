/// Decodes tokens as they come, giving out text as soon as its characters are complete.
///
/// The pieces joined are the text that `Tokenizer.decode` gives for the whole sequence. By a model's own tokenizer,
/// whose later tokens may change the space before earlier ones, it is ``next(_:)`` and ``rest()`` that are asked.
package struct TextStream: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecial: Bool
  /// The beginning of a character whose other bytes have not come yet; at most three bytes.
  private var pending: [UInt8] = []
  /// Whether nothing has come yet, and a space that comes first is one that encoding puts there.
  private var dropsSpace: Bool
  /// What came so far, by a model's own tokenizer; its text; and how many scalars of that were given out.
  private var tokens: [Int] = []
  private var text: [Unicode.Scalar] = []
  private var given = 0

  /// Starts a stream.
  ///
  /// - Parameter skippingSpecial: whether control tokens are left out or spelled.
  package init(_ tokenizer: Tokenizer, skippingSpecial: Bool = true) {
    self.tokenizer = tokenizer
    self.skippingSpecial = skippingSpecial
    dropsSpace = tokenizer.dropsFirstSpace
  }

  /// Takes the next token and returns the text that is now complete, which may be empty.
  package mutating func append(_ token: Int) -> String {
    if skippingSpecial && tokenizer.isSpecial(token) { return "" }
    var bytes = tokenizer.bytes(of: token)[...]
    if dropsSpace, let first = bytes.first {
      if first == UInt8(ascii: " ") { bytes = bytes.dropFirst() }
      dropsSpace = false
    }
    pending += bytes
    let complete = pending.count - Self.lengthOfUnfinishedCharacter(in: pending)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// Ends the stream and returns what is left: U+FFFD if the last character never became complete.
  package mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end may be the beginning of a character. Where they turn out not to be, they have waited in
  /// vain, and the text is the same.
  private static func lengthOfUnfinishedCharacter(in bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
      return length < width ? length : 0
    }
    return 0
  }

  // MARK: Any tokenizer

  /// Takes the next token and returns the text that is now complete, by any tokenizer.
  package mutating func next(_ token: Int) throws(TokenizationError) -> String {
    guard tokenizer.isOwn else { return append(token) }
    tokens.append(token)
    let before = text
    text = Array(try tokenizer.text(of: tokens, skippingSpecial: skippingSpecial).unicodeScalars)
    // What one more token left as it was: a token may take the space before it away, or complete a character.
    return give(zip(before, text).prefix { $0 == $1 }.count)
  }

  /// Ends the stream and returns what is left, by any tokenizer.
  package mutating func rest() -> String { tokenizer.isOwn ? give(text.count) : finish() }

  private mutating func give(_ end: Int) -> String {
    guard end > given else { return "" }
    defer { given = end }
    var piece = ""
    piece.unicodeScalars.append(contentsOf: text[given..<end])
    return piece
  }
}
