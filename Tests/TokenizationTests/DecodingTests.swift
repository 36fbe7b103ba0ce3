import Testing

@testable import Tokenization

/// Text from ids, whole and as a stream.
struct DecodingTests {
  let tokenizer: Tokenizer
  let lines: [ReferenceFixtures.DecodedLine]

  init() throws {
    tokenizer = try ReferenceFixtures.tokenizer.get()
    lines = try ReferenceFixtures.records("decoding.jsonl")
  }

  @Test func arbitraryIdsDecodeAsInTheReference() {
    #expect(lines.contains { $0.text.unicodeScalars.contains("\u{FFFD}") })
    for line in lines {
      // Compared by scalars: Swift's == would take canonically equivalent texts for equal.
      #expect(Array(tokenizer.decode(line.ids).unicodeScalars) == Array(line.text.unicodeScalars), "\(line.ids)")
      let withSpecial = tokenizer.decode(line.ids, skippingSpecial: false)
      #expect(Array(withSpecial.unicodeScalars) == Array(line.textWithSpecial.unicodeScalars), "\(line.ids)")
    }
  }

  @Test func aStreamGivesTheSameTextAsTheWhole() {
    for line in lines {
      for skipping in [true, false] {
        var stream = TextStream(tokenizer, skippingSpecial: skipping)
        var text = line.ids.map { stream.append($0) }.joined()
        text += stream.finish()
        let whole = skipping ? line.text : line.textWithSpecial
        #expect(Array(text.unicodeScalars) == Array(whole.unicodeScalars), "\(line.ids)")
      }
    }
  }

  @Test func aStreamHoldsBackHalfACharacter() throws {
    let bytes = Array("é€😀".utf8)
    let ids = try bytes.map {
      try #require(tokenizer.id(of: String(decoding: ByteAlphabet.spellings[Int($0)], as: UTF8.self)))
    }
    #expect(ids.map { tokenizer.bytes(of: $0) } == bytes.map { [$0] })
    var stream = TextStream(tokenizer)
    #expect(ids.map { stream.append($0) } == ["", "é", "", "", "€", "", "", "", "😀"])
    #expect(stream.finish() == "")
    #expect(ids.dropLast().map { stream.append($0) }.joined() == "é€")
    #expect(stream.finish() == "\u{FFFD}")
  }

  @Test func everyBytePairStreamsAsItDecodes() throws {
    // All 256 bytes, which no real vocabulary of ours has; pairs behind lead bytes of every kind.
    let tokens = ByteAlphabet.spellings.map { String(decoding: $0, as: UTF8.self) }
    let tokenizer = try Tokenizer(TokenizerDescription(kind: "gpt2", preTokenizer: "gpt-2", tokens: tokens, merges: []))
    for lead in [0x41, 0x80, 0xC1, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF] {
      for second in 0..<256 {
        for third in [0x20, 0x80, 0xBF, 0xE2] {
          let ids = [lead, second, third, 0x80]
          var stream = TextStream(tokenizer)
          let text = ids.map { stream.append($0) }.joined() + stream.finish()
          #expect(Array(text.unicodeScalars) == Array(tokenizer.decode(ids).unicodeScalars), "\(ids)")
        }
      }
    }
  }

  @Test func textSurvivesTheRoundTrip() throws {
    let corpus = try ReferenceFixtures.records("corpus.jsonl", as: ReferenceFixtures.CorpusLine.self)
    // The vocabulary lacks some bytes: control characters, and the lead bytes of mostly unassigned planes.
    let known = Set(
      (0..<256).filter { tokenizer.id(of: String(decoding: ByteAlphabet.spellings[$0], as: UTF8.self)) != nil })
    var survivors = 0
    for line in corpus where line.text.utf8.allSatisfy({ known.contains(Int($0)) }) {
      let decoded = try tokenizer.decode(tokenizer.encode(line.text, special: .asText))
      #expect(Array(decoded.utf8) == Array(line.text.utf8))
      survivors += 1
    }
    #expect(survivors > 2_000)
  }

  @Test func idsOutsideTheVocabularyAreSkipped() {
    #expect(tokenizer.bytes(of: -1).isEmpty)
    #expect(tokenizer.bytes(of: tokenizer.vocabularySize).isEmpty)
    #expect(tokenizer.decode([Int.min, 19556, Int.max]) == "Hello")
    #expect(!tokenizer.isSpecial(-1))
  }

  @Test func spellingsAreFoundByTheirBytes() {
    #expect(tokenizer.id(of: "<|im_end|>") == 2)
    #expect(tokenizer.id(of: "Hello") == 19556)
    #expect(tokenizer.id(of: "no such token") == nil)
    #expect(tokenizer.id(of: "") == nil)
  }
}
