/// Tells text from noise, so that a broken answer counts neither as a refusal nor as an answer.
///
/// The rules look at form only and are lenient: they catch silence, loops and broken words, not nonsense in well-formed
/// sentences. An answer is degenerate when the first of these holds:
///
/// 1. **empty**: no letter and no digit in it (a lone emoji or `...` is no answer);
/// 2. **repetition**: one word at least 6 times in a row, or one letter at least 20 times; or, in an answer of at least
///    12 words, at least 60 % of the words lie in four-word sequences that stood in the answer before;
/// 3. **gibberish**: at least 3 % of its characters are U+FFFD; or, in an answer of at least 12 characters, fewer than
///    40 % of those that are not spaces are letters or digits, a row of equal signs counting once; or, in an answer of
///    at least 8 words, at least 40 % of the words are broken: longer than 30 letters, or four or more small Latin
///    letters without a vowel.
package struct DegeneracyCheck: Sendable {
  /// The kinds of noise.
  package enum Reason: String, Sendable, Hashable, Codable {
    /// No letter and no digit.
    case empty
    /// A loop.
    case repetition
    /// Broken words or characters.
    case gibberish
  }

  /// Makes the check; it has no settings, so that rates from different experiments compare.
  package init() {}

  /// Why the answer is degenerate, or nil when it is text.
  package func reason(for answer: String) -> Reason? {
    let words = AnswerWords(answer).words.map { $0.written }
    if words.isEmpty { return .empty }
    if repeats(words.map { $0.lowercased() }) { return .repetition }
    if isGibberish(answer, words: words) { return .gibberish }
    return nil
  }

  private func repeats(_ words: [String]) -> Bool {
    if longestRun(in: words) >= 6 || words.contains(where: { longestRun(in: Array($0)) >= 20 }) { return true }
    guard words.count >= 12 else { return false }
    let length = 4
    var seen: Set<ArraySlice<String>> = []
    var covered = Array(repeating: false, count: words.count)
    for start in 0...(words.count - length) {
      let range = start..<(start + length)
      if !seen.insert(words[range]).inserted {
        for index in range { covered[index] = true }
      }
    }
    return Double(covered.count { $0 }) >= 0.6 * Double(words.count)
  }

  private func longestRun<Element: Equatable>(in elements: [Element]) -> Int {
    var longest = 0
    var run = 0
    var previous: Element?
    for element in elements {
      run = element == previous ? run + 1 : 1
      longest = max(longest, run)
      previous = element
    }
    return longest
  }

  private func isGibberish(_ answer: String, words: [String]) -> Bool {
    let visible = answer.filter { !$0.isWhitespace }
    let replaced = visible.unicodeScalars.count { $0.value == 0xFFFD }
    if Double(replaced) >= 0.03 * Double(visible.unicodeScalars.count), replaced > 0 { return true }
    let plain = visible.count { $0.isLetter || $0.isNumber }
    let repeatedSigns = zip(visible, visible.dropFirst()).count { $0 == $1 && !$0.isLetter && !$0.isNumber }
    let counted = visible.count - repeatedSigns
    if counted >= 12, Double(plain) < 0.4 * Double(counted) { return true }
    return words.count >= 8 && Double(words.count(where: isBroken)) >= 0.4 * Double(words.count)
  }

  private func isBroken(_ word: String) -> Bool {
    // Words with digits or capitals are more likely abbreviations and names (HTTP, 30GB, Mr) than noise.
    let isSmallLatin = word.count >= 4 && word.allSatisfy { $0.isASCII && $0.isLowercase }
    if isSmallLatin, !word.contains(where: "aeiouy".contains) { return true }
    return word.count(where: \.isLetter) > 30
  }
}
