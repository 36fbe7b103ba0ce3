extension Tokenizer {
  /// Whether the first space of a decoded text is one that encoding put there.
  var dropsFirstSpace: Bool {
    if let statedDropsFirstSpace { return statedDropsFirstSpace }
    if case .sentencePiece(_, let prefix) = method { return prefix != .never }
    return false
  }

  /// Decodes a whole sequence by any tokenizer, as ``decode(_:skippingSpecial:)`` does by ours.
  /// - Throws: Where a model's own tokenizer fails; ours don't.
  package func text(of tokens: [Int], skippingSpecial: Bool = true) throws(TokenizationError) -> String {
    guard case .own(let own) = method else { return decode(tokens, skippingSpecial: skippingSpecial) }
    return try own.decode(tokens, skippingSpecial: skippingSpecial)
  }

  /// Decodes a whole sequence: joins the bytes of its tokens and reads them as UTF-8, with U+FFFD for what is not. Of a
  /// model's own tokenizer that fails there is no text; ``text(of:skippingSpecial:)`` says why.
  ///
  /// - Parameters:
  ///   - tokens: ids; those outside the vocabulary are skipped.
  ///   - skippingSpecial: whether control tokens are left out or spelled.
  package func decode(_ tokens: [Int], skippingSpecial: Bool = true) -> String {
    if case .own(let own) = method { return (try? own.decode(tokens, skippingSpecial: skippingSpecial)) ?? "" }
    var bytes: [UInt8] = []
    for token in tokens where !(skippingSpecial && isSpecial(token)) { bytes += self.bytes(of: token) }
    if dropsFirstSpace, bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes that a token stands for, which need not be whole characters; none for an id outside the vocabulary.
  package func bytes(of token: Int) -> [UInt8] {
    guard kinds.indices.contains(token) else { return [] }
    let spelling = vocabulary[token]
    if isOwn { return Array(decode([token], skippingSpecial: false).utf8) }
    if !isByteLevel {
      if kinds[token] == .byte { return SentencePieceSplitter.byte(spelling).map { [$0] } ?? [] }
      return kinds[token].isLiteral ? Array(spelling) : SentencePieceSplitter.text(spelling)
    }
    return kinds[token].isLiteral ? Array(spelling) : ByteAlphabet.decode(spelling) ?? Array(spelling)
  }

  /// The id of a token by its spelling in the model file, or `nil` when the vocabulary lacks it.
  package func id(of token: String) -> Int? {
    vocabulary.index(of: Array(token.utf8)[...])
  }

  /// Whether the token steers the model (GGUF type control or unknown) and is no part of a text.
  package func isSpecial(_ token: Int) -> Bool {
    kinds.indices.contains(token) && kinds[token].isSpecial
  }
}
