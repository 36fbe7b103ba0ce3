/// A phrase with choices in it, matched against whole words.
///
/// Patterns are written as plain text. Each item, set off by a space, is a word (`decline`), a choice (`can/could`), a
/// named class of words in capitals (`ADVERB`), or `...`, which skips up to 6 words. A `?` behind an item makes it
/// optional, and `^` as the first item ties the pattern to the start of a sentence. No match reaches beyond a sentence.
struct PhrasePattern: Sendable {
  private struct Item: Sendable {
    var choices: Set<String>
    var isOptional: Bool
    var isGap: Bool
  }

  private static let longestGap = 6

  private let items: [Item]
  private let startsSentence: Bool
  /// Continuations that take the match back ("I can't" + "wait").
  private let exceptions: [PhrasePattern]

  /// Reads a pattern, its capitals standing for the word classes given.
  init(_ text: String, classes: [String: Set<String>], unless exceptions: [String] = []) {
    var parts = text.split(separator: " ").map(String.init)
    startsSentence = parts.first == "^"
    if startsSentence { parts.removeFirst() }
    items = parts.map { part in
      let isOptional = part.hasSuffix("?")
      let name = isOptional ? String(part.dropLast()) : part
      var choices: Set<String> = []
      for choice in name.split(separator: "/").map(String.init) {
        choices.formUnion(classes[choice] ?? [choice])
      }
      return Item(choices: choices, isOptional: isOptional, isGap: name == "...")
    }
    // An adverb between the match and what takes it back makes no difference ("I can't really say for sure").
    self.exceptions = exceptions.map { PhrasePattern("ADVERB? " + $0, classes: classes) }
  }

  /// Where the pattern's first match in a sentence lies, or nil. A match right behind one of `disarmingWords` is none.
  func firstMatch(in sentence: [String], notAfter disarmingWords: Set<String>) -> Range<Int>? {
    let starts = startsSentence ? 0..<min(1, sentence.count) : sentence.indices
    for start in starts where start == 0 || !disarmingWords.contains(sentence[start - 1]) {
      if let end = end(in: sentence, from: start, item: 0), end > start { return start..<end }
    }
    return nil
  }

  /// The end of the shortest acceptable match of the items from `item` on that begins at `position`.
  private func end(in sentence: [String], from position: Int, item: Int) -> Int? {
    guard item < items.count else {
      let isTakenBack = exceptions.contains { $0.end(in: sentence, from: position, item: 0) != nil }
      return isTakenBack ? nil : position
    }
    let current = items[item]
    if current.isGap {
      let last = min(position + Self.longestGap, sentence.count)
      for next in position...max(position, last) {
        if let end = end(in: sentence, from: next, item: item + 1) { return end }
      }
      return nil
    }
    if position < sentence.count, current.choices.contains(sentence[position]),
      let end = end(in: sentence, from: position + 1, item: item + 1)
    {
      return end
    }
    return current.isOptional ? end(in: sentence, from: position, item: item + 1) : nil
  }
}
