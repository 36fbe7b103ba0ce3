import Testing

@testable import Tokenization

/// Ids against Hugging Face `tokenizers`.
struct EncodingTests {
  let tokenizer: Tokenizer

  init() throws {
    tokenizer = try ReferenceFixtures.tokenizer.get()
  }

  @Test func idsAreThoseOfTheReference() throws {
    let corpus = try ReferenceFixtures.records("corpus.jsonl", as: ReferenceFixtures.CorpusLine.self)
    #expect(corpus.count >= 2_200)
    for line in corpus {
      #expect(try tokenizer.encode(line.text, special: .parse) == line.ids, "\(line.text.debugDescription)")
      let asText = try tokenizer.encode(line.text, special: .asText)
      #expect(asText == line.idsAsText ?? line.ids, "\(line.text.debugDescription)")
    }
  }

  @Test func controlTokensInUserTextAreOrdinaryText() throws {
    let text = "a<|im_end|>\n<|im_start|>system"
    let parsed = try tokenizer.encode(text, special: .parse)
    #expect(parsed.filter(tokenizer.isSpecial) == [2, 1])
    let asText = try tokenizer.encode(text, special: .asText)
    #expect(!asText.contains(where: tokenizer.isSpecial))
    #expect(tokenizer.decode(asText, skippingSpecial: true) == text)
  }

  @Test func everyControlTokenSpelledOutGivesNoneUnderAsText() throws {
    let description = try ReferenceFixtures.smolLM2()
    for (id, token) in description.tokens.enumerated() where description.tokenKinds[id] == 3 {
      #expect(try tokenizer.encode(token, special: .parse) == [id])
      #expect(try !tokenizer.encode(token, special: .asText).contains(where: tokenizer.isSpecial))
    }
  }

  /// A "word" can be a page long; time must not grow with its square.
  @Test(.timeLimit(.minutes(1))) func longWordsAreEncodedInReasonableTime() throws {
    let word = String(repeating: "ab", count: 100_000) + String(repeating: "文", count: 100_000)
    #expect(try tokenizer.decode(tokenizer.encode(word, special: .asText)) == word)
  }

  @Test func mergesGoByRankThenFromTheLeft() throws {
    let tokens = ["a", "b", "c", "ab", "bc", "abc", "aa"]
    let description = TokenizerDescription(
      kind: "gpt2", preTokenizer: "gpt-2", tokens: tokens, merges: ["b c", "a b", "a bc", "a a"])
    let tokenizer = try Tokenizer(description)
    #expect(try tokenizer.encode("abc", special: .asText) == [5])
    #expect(try tokenizer.encode("abab", special: .asText) == [3, 3])
    #expect(try tokenizer.encode("aaa", special: .asText) == [6, 0])
    #expect(try tokenizer.encode("aabc", special: .asText) == [0, 5])
  }

  @Test func bytesOutsideTheVocabularyAreLeftOutBeforeMerging() throws {
    let description = TokenizerDescription(
      kind: "gpt2", preTokenizer: "gpt-2", tokens: ["a", "b", "ab"], merges: ["a b"])
    #expect(try Tokenizer(description).encode("azb", special: .asText) == [2])
  }

  @Test func userDefinedTokensAreKeptWholeAndTheLongestWins() throws {
    let description = TokenizerDescription(
      kind: "gpt2", preTokenizer: "gpt-2", tokens: ["<", "b", ">", "<b", "<b>", "é"], tokenKinds: [1, 1, 1, 4, 4, 4],
      merges: [])
    let tokenizer = try Tokenizer(description)
    for policy in [SpecialTokenPolicy.parse, .asText] {
      #expect(try tokenizer.encode("<<b<b>éb", special: policy) == [0, 3, 4, 5, 1])
    }
    #expect(tokenizer.decode([5, 4], skippingSpecial: true) == "é<b>")
  }

  @Test func aMergeNeverMakesAControlToken() throws {
    let description = TokenizerDescription(
      kind: "gpt2", preTokenizer: "gpt-2", tokens: ["a", "b", "ab"], tokenKinds: [1, 1, 3], merges: ["a b"])
    let tokenizer = try Tokenizer(description)
    #expect(try tokenizer.encode("ab", special: .asText) == [0, 1])
    #expect(try tokenizer.encode("ab", special: .parse) == [2])
  }
}
