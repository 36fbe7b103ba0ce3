/// The splitting pattern of Llama 3 and, with numbers one by one, of Qwen2, by hand:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
///
/// Source: the `tokenizer.json` of these models, after that of OpenAI's cl100k. The first alternative that matches
/// wins.
enum CasedPattern {
  /// Cuts `range` of the text into words, as if nothing stood before or after it, and appends them.
  static func appendWords(
    of text: ClassifiedText, in range: Range<Int>, longestNumber: Int, to words: inout [Range<Int>]
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = endOfWord(at: start, in: text, limit: range.upperBound, longestNumber: longestNumber)
      words.append(start..<end)
      start = end
    }
  }

  /// Where the word that begins at `start` ends; always beyond `start`.
  private static func endOfWord(at start: Int, in text: ClassifiedText, limit count: Int, longestNumber: Int) -> Int {
    func isBreak(_ index: Int) -> Bool { text.scalars[index] == "\r" || text.scalars[index] == "\n" }
    func endOfLetters(_ index: Int) -> Int {
      var end = index
      while end < count, text.classes[end] == .letter { end += 1 }
      return end
    }
    if text.scalars[start] == "'", let length = lengthOfContraction(after: start, in: text, limit: count) {
      return start + 1 + length
    }
    // One character that is no letter, number or line break joins the letters behind it.
    if text.classes[start] == .letter { return endOfLetters(start) }
    if text.classes[start] != .number, !isBreak(start), start + 1 < count, text.classes[start + 1] == .letter {
      return endOfLetters(start + 1)
    }
    if text.classes[start] == .number {
      var end = start + 1
      while end < count, end - start < longestNumber, text.classes[end] == .number { end += 1 }
      return end
    }
    let first = text.scalars[start] == " " && start + 1 < count ? start + 1 : start
    if text.classes[first] == .other {
      var end = first
      while end < count, text.classes[end] == .other { end += 1 }
      while end < count, isBreak(end) { end += 1 }
      return end
    }
    // White space: up to the last line break in it, or all but the last character of it, which goes to the next word.
    var end = start
    var afterBreak: Int?
    while end < count, text.classes[end] == .whitespace {
      if isBreak(end) { afterBreak = end + 1 }
      end += 1
    }
    if let afterBreak { return afterBreak }
    return end == count || end == start + 1 ? end : end - 1
  }

  private static func lengthOfContraction(after apostrophe: Int, in text: ClassifiedText, limit: Int) -> Int? {
    let rest = text.scalars[(apostrophe + 1)..<limit].prefix(2).map { scalar -> Unicode.Scalar in
      // U+017F, the long s, is an s regardless of case.
      if scalar == "\u{17F}" { return "s" }
      return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }
    return GPT2Pattern.contractions.first { rest.starts(with: $0) }?.count
  }
}
