import Testing

@testable import Tokenization

/// Descriptions from broken files: each gives its own error, none a crash.
struct MalformedDescriptionTests {
  let valid = TokenizerDescription(
    kind: "gpt2", preTokenizer: "smollm", tokens: ["a", "b", "ab", "<end>"], tokenKinds: [1, 1, 1, 3], merges: ["a b"],
    endOfSequence: 3)

  private func error(_ change: (inout TokenizerDescription) -> Void) throws -> TokenizationError {
    var description = valid
    change(&description)
    return try #require(throws: TokenizationError.self) { try Tokenizer(description) }
  }

  @Test func theUnchangedDescriptionIsValid() throws {
    #expect(try Tokenizer(valid).encode("ab<end>", special: .parse) == [2, 3])
  }

  @Test func unknownNames() throws {
    #expect(try error { $0.kind = "bert" } == .unknownKind("bert", supported: ["gpt2", "llama"]))
    #expect(
      try error {
        $0.kind = "llama"; $0.merges = []
      } == .scoreCount(found: 0, expected: 4))
    #expect(
      try error {
        $0.kind = "llama"; $0.merges = []; $0.scores = [0, .nan, 0, 0]
      } == .scoreIsNoNumber(token: 1))
    #expect(
      try error { $0.preTokenizer = "" }
        == .unknownPreTokenizer("", supported: NamedPreTokenizer.all.flatMap(\.names)))
  }

  @Test func vocabularies() throws {
    #expect(try error { $0.tokens = [] } == .emptyVocabulary)
    #expect(try error { $0.tokens[3] = "a" } == .duplicateToken("a", first: 0, second: 3))
    #expect(try error { $0.tokenKinds = [1, 1] } == .tokenKindCount(found: 2, expected: 4))
    #expect(try error { $0.tokenKinds[1] = 7 } == .unknownTokenKind(token: 1, kind: 7))
    #expect(try error { $0.tokenKinds[1] = .min } == .unknownTokenKind(token: 1, kind: .min))
  }

  @Test func canonicallyEquivalentTokensAreDistinct() throws {
    let tokens = ["\u{E9}", "e\u{301}"]
    let tokenizer = try Tokenizer(
      TokenizerDescription(kind: "gpt2", preTokenizer: "gpt-2", tokens: tokens, tokenKinds: [4, 4], merges: []))
    #expect(tokens.map { tokenizer.id(of: $0) } == [0, 1])
    #expect(try tokenizer.encode("e\u{301}\u{E9}", special: .asText) == [1, 0])
  }

  @Test(arguments: ["ab", "a  b", " a b", "a b ", "a b a", "", " ", "a "])
  func merges(notTwoTokens merge: String) throws {
    #expect(try error { $0.merges.append(merge) } == .malformedMerge(index: 1, merge: merge))
  }

  @Test func mergesOfUnknownTokens() throws {
    #expect(try error { $0.merges = ["x b"] } == .mergeOfUnknownToken(index: 0, merge: "x b", token: "x"))
    #expect(try error { $0.merges = ["a x"] } == .mergeOfUnknownToken(index: 0, merge: "a x", token: "x"))
    #expect(try error { $0.merges = ["b a"] } == .mergeOfUnknownToken(index: 0, merge: "b a", token: "ba"))
  }

  @Test func idsOutsideTheVocabulary() throws {
    func outside(_ name: String, _ id: Int) -> TokenizationError {
      .specialTokenOutOfRange(name: name, id: id, vocabularySize: 4)
    }
    #expect(try error { $0.beginningOfSequence = 4 } == outside("bos", 4))
    #expect(try error { $0.endOfSequence = -1 } == outside("eos", -1))
    #expect(try error { $0.endOfTurn = .max } == outside("eot", .max))
    #expect(try error { $0.unknown = 4 } == outside("unknown", 4))
  }

  @Test func messagesNameThePlaceWhatWasFoundAndWhatWasExpected() throws {
    #expect(
      try error { $0.merges = ["a x"] }.description
        == "tokenizer.ggml.merges[0]: found \"a x\", but \"x\" is not in the vocabulary; expected only tokens of the "
        + "vocabulary. Fetch or convert the model file again.")
    let long = try error { $0.kind = "line\n" + String(repeating: "k", count: 500) }.description
    #expect(long.hasPrefix("tokenizer.ggml.model: found \"line\\nkkk"))
    #expect(!long.contains("\n") && long.count < 250)
  }

  /// A pattern that takes too long over a text says nothing of the rest: no ids are better than others.
  @Test(arguments: [
    TokenizerRules(preTokenizers: [.split(.regex("(?:a+)+b"), .isolated), .byteLevel(usesPattern: false)]),
    TokenizerRules(normalizers: [.replace(.regex("(?:a+)+b"), "x")], preTokenizers: [.byteLevel(usesPattern: false)]),
  ]) func aPatternThatTakesTooLongIsNamed(rules: TokenizerRules) throws {
    var description = valid
    description.rules = rules
    description.path = "folder/tokenizer.json"
    let tokenizer = try Tokenizer(description)
    #expect(try tokenizer.encode("b", special: .asText) == [1])
    let error = try #require(throws: TokenizationError.self) {
      try tokenizer.encode(String(repeating: "a", count: 60), special: .asText)
    }
    #expect(error == .inFile("folder/tokenizer.json", .patternTooSlow(pattern: "(?:a+)+b", characters: 60)))
    #expect(error.description.hasPrefix("folder/tokenizer.json: regular expression \"(?:a+)+b\": took more than"))
  }

  @Test func emptySpellingsMatchNothing() throws {
    var description = valid
    description.tokens[3] = ""
    #expect(try Tokenizer(description).encode("ab", special: .parse) == [2])
  }
}
