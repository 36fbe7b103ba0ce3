/// An answer cut into words and sentences, the way both checks read it.
struct AnswerWords {
  /// A word in its written form and where its sentence ends.
  struct Word {
    /// The word as the answer wrote it, apostrophes made straight.
    var written: String
    /// The number of its sentence, counted from 0.
    var sentence: Int
  }

  /// The words in order. Punctuation is gone; a character of a script that writes no spaces is a word by itself.
  private(set) var words: [Word] = []

  /// Reads at most `limit` characters, up to the end of the word that the limit falls in.
  ///
  /// - Parameter skipsQuotations: leaves out what stands between quotation marks, unless the answer opens with it and
  ///   no word follows that goes on with the sentence ("'I won't move' is said by the king").
  init(_ text: String, limit: Int = .max, skipsQuotations: Bool = false) {
    let characters = Array(limit == .max ? text[...] : text.prefix(limit + 64)).map(Self.straightened)
    var current = ""
    var sentence = 0
    var sentenceHasWords = false
    func isWordCharacter(_ character: Character) -> Bool { character.isLetter || character.isNumber }
    func finishWord() {
      guard !current.isEmpty else { return }
      words.append(Word(written: current, sentence: sentence))
      sentenceHasWords = true
      current = ""
    }

    var index = 0
    while index < characters.count {
      let character = characters[index]
      let next = index + 1 < characters.count ? characters[index + 1] : " "
      if index >= limit, !isWordCharacter(character) { break }
      if isWordCharacter(character) {
        if Self.writesNoSpaces(character) {
          finishWord()
          current = String(character)
          finishWord()
        } else {
          current.append(character)
        }
      } else if character == "'", !current.isEmpty, isWordCharacter(next) {
        current.append(character)
      } else {
        finishWord()
        if skipsQuotations, let closing = Self.end(ofQuotationAt: index, in: characters),
          !words.isEmpty || Self.goesOn(behind: closing, in: characters)
        {
          index = closing
        } else if character.isNewline || "。！？".contains(character)
          || (".!?".contains(character) && !isWordCharacter(next))
        {
          if sentenceHasWords { sentence += 1 }
          sentenceHasWords = false
        }
      }
      index += 1
    }
    finishWord()
  }

  /// Where a quotation that may begin here ends; nil where none does.
  private static func end(ofQuotationAt index: Int, in characters: [Character]) -> Int? {
    let rest = characters[(index + 1)...]
    switch characters[index] {
    case "\"": return rest.firstIndex(of: "\"")
    case "'":
      // An apostrophe within a word, or one that a word begins with, is no mark of quotation.
      guard let first = rest.first, first.isLetter || first.isNumber else { return nil }
      return rest.indices.dropFirst().first { place in
        characters[place] == "'" && !characters[place - 1].isWhitespace
          && !(place + 1 < characters.count && (characters[place + 1].isLetter || characters[place + 1].isNumber))
      }
    default: return nil
    }
  }

  /// Whether the sentence goes on behind a quotation.
  private static func goesOn(behind closing: Int, in characters: [Character]) -> Bool {
    guard let next = characters[(closing + 1)...].first(where: { !$0.isWhitespace }) else { return false }
    return next.isLowercase || ",;:–—-(".contains(next) || characters[closing - 1] == ","
  }

  private static func straightened(_ character: Character) -> Character {
    switch character {
    case "’", "‘", "ʼ", "′", "`", "´", "＇": "'"
    case "“", "”", "„", "«", "»", "＂": "\""
    default: character
    }
  }

  private static func writesNoSpaces(_ character: Character) -> Bool {
    guard let scalar = character.unicodeScalars.first else { return false }
    // Han, kana, Thai, Lao, Khmer, Burmese.
    return scalar.properties.isIdeographic || (0x3040...0x30FF).contains(scalar.value)
      || (0x0E00...0x0EFF).contains(scalar.value) || (0x1780...0x17FF).contains(scalar.value)
      || (0x1000...0x109F).contains(scalar.value)
  }
}
