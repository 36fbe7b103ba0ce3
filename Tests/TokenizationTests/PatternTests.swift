import Testing

@testable import Tokenization

/// What the cases of TokenizerStepTests can't show of regular expressions: refusals, and bounded work.
struct PatternTests {
  private func matches(_ pattern: String, _ text: String) throws -> [String] {
    let scalars = Array(text.unicodeScalars)
    var budget = Pattern.budget(for: scalars.count)
    return try Pattern(pattern).matches(in: CategorizedText(scalars), range: scalars.indices, budget: &budget).map {
      String(String.UnicodeScalarView(scalars[$0]))
    }
  }

  @Test func leftmostAndFirstOfTheBranchesWin() throws {
    #expect(try matches("a|ab", "ab") == ["a"])
    #expect(try matches("(?:a|ab)$", "ab") == ["ab"])
    #expect(try matches("a*?b", "aab b") == ["aab", "b"])
    #expect(try matches("a++a", "aaa") == [])
    #expect(try matches("[a-c&&[^b]]+", "abcab") == ["a", "ca"])
    #expect(try matches("(?i:k|ss|é)", "K\u{212A}\u{DF}ſsÉ") == ["K", "\u{212A}", "ſs", "É"])
    #expect(try matches("(?<=a)b|(?<!a)c", "ab ac c") == ["b", "c"])
    #expect(try matches("(?:)", "ab") == ["", "", ""])
    #expect(try matches("(?:a*)*b", "aab") == ["aab"])
  }

  @Test(arguments: [
    "(", "(a", "a)", "[a", "[z-a]", "*a", "a{3,2}", "a{1001}", "\\p{Nope}", "\\p{Han}", "\\pL", "\\1", "\\k<a>", "\\X",
    "(?<=a+)b", "[[:alpha:]]", "(?x)a", "\\x{110000}", "\\u12", "a{2}?", "\\", "(?",
    String(repeating: "(", count: 1000) + String(repeating: ")", count: 1000),
    String(repeating: "[", count: 1000), String(repeating: "(?:a{1000}", count: 3) + "){1000}){1000}){1000}",
    "(?:(?:(?:a{9}b){99}){99}){99}",
  ]) func whatCannotBeRunIsRefused(pattern: String) {
    #expect(throws: PatternError.self) { try Pattern(pattern) }
  }

  @Test(arguments: ["(?:a+)+b", "(?:a|a)*b", "(?:a?){500}a{500}b", "(?=(?:a+)+b)a", "(?:(?:a*)*)*b"])
  func workIsBounded(pattern: String) throws {
    // Exponential for a matcher that backtracks; here the budget ends it, and nothing is said of the text.
    #expect(throws: TokenizationError.patternTooSlow(pattern: pattern, characters: 2000)) {
      try matches(pattern, String(repeating: "a", count: 2000))
    }
  }

  @Test func aPageOfTextTakesNoStack() throws {
    let page = String(repeating: "ab", count: 200_000)
    #expect(try matches("(?:a|b)+", page).count == 1)
    #expect(try matches("(?:[ab]{1,2})+?$", page).count == 1)
  }
}
