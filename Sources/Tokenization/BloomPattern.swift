/// The splitting pattern of Bloom, by hand: ` ?[^(\s|[.,!?…。，、।۔،])]+`, and what stands between its matches.
///
/// Source: the `tokenizer.json` of Bloom (arXiv 2211.05100). Within the brackets, parentheses and the bar are
/// characters like the others.
enum BloomPattern {
  private static let borders: Set<Unicode.Scalar> = [
    "(", ")", "|", ".", ",", "!", "?", "\u{2026}", "\u{3002}", "\u{FF0C}", "\u{3001}", "\u{0964}", "\u{06D4}",
    "\u{060C}",
  ]

  /// Cuts `range` of the text into words, as if nothing stood before or after it, and appends them.
  static func appendWords(of text: ClassifiedText, in range: Range<Int>, to words: inout [Range<Int>]) {
    let count = range.upperBound
    func isBorder(_ index: Int) -> Bool {
      text.classes[index] == .whitespace || borders.contains(text.scalars[index])
    }
    var start = range.lowerBound
    while start < count {
      var end = start
      // What no match holds, up to the next match, which may begin with a space.
      while end < count, isBorder(end) { end += 1 }
      if end < count, end > start, text.scalars[end - 1] == " " { end -= 1 }
      if end > start { words.append(start..<end) }
      start = end
      guard start < count else { return }
      if text.scalars[end] == " " { end += 1 }
      while end < count, !isBorder(end) { end += 1 }
      words.append(start..<end)
      start = end
    }
  }
}
