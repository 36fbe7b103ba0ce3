import Testing

@testable import Tokenization

/// Where text is cut into words.
struct PreTokenizerTests {
  private func words(_ text: String, _ name: String) throws -> [String] {
    try words(text, NamedPreTokenizer(name).steps)
  }

  private func words(_ text: String, _ steps: [PreTokenizerStep], place: SplitText.Place = .start) throws -> [String] {
    let split = try PreTokenizer(steps).words(of: Array(text.utf8)[...], place: place)
    return split.words.map { String(decoding: split.bytes(of: $0), as: UTF8.self) }
  }

  @Test func contractionsAreLowerCaseOnly() throws {
    #expect(try words("it's IT'S we'll've", "gpt-2") == ["it", "'s", " IT", "'", "S", " we", "'ll", "'ve"])
  }

  @Test func aRunOfWhiteSpaceLeavesItsLastSpaceToTheNextWord() throws {
    #expect(try words("a   b", "gpt-2") == ["a", "  ", " b"])
    #expect(try words("a \r\n\tb  ", "gpt-2") == ["a", " \r\n", "\t", "b", "  "])
    #expect(try words("a\u{A0}b", "gpt-2") == ["a", "\u{A0}", "b"])
  }

  @Test func smollmCutsNumbersOneByOneBeforeAnythingElse() throws {
    #expect(try words("x  12½ y", "smollm") == ["x", "  ", "1", "2", "½", " y"])
    #expect(try words("x  12½ y", "gpt-2") == ["x", " ", " 12½", " y"])
  }

  @Test func namesAreThoseOfTheFiles() throws {
    #expect(try NamedPreTokenizer("default").steps == NamedPreTokenizer("gpt-2").steps)
    #expect(try NamedPreTokenizer("starcoder").steps == NamedPreTokenizer("smollm").steps)
    // Llama 3's other names have what follows from it too; those made after it have not.
    for name in ["llama-bpe", "llama3", "llama-v3"] {
      let rule = try NamedPreTokenizer(name)
      #expect(rule.takesWholeWords && rule.addsBeginning)
    }
    let dbrx = try NamedPreTokenizer("dbrx")
    #expect(try dbrx.steps == NamedPreTokenizer("llama3").steps && !dbrx.takesWholeWords && !dbrx.addsBeginning)
    #expect(try NamedPreTokenizer("deepseek-r1-qwen").composesCharacters)
    let names = NamedPreTokenizer.all.flatMap(\.names)
    #expect(Set(names).count == names.count)
    #expect(throws: TokenizationError.unknownPreTokenizer("kimi-k2", supported: names)) {
      try NamedPreTokenizer("kimi-k2")
    }
  }

  /// Every rule can be run, and none leaves out or moves anything.
  @Test(arguments: NamedPreTokenizer.all.map(\.names[0])) func everyNamedRuleKeepsTheText(name: String) throws {
    let steps = try NamedPreTokenizer(name).steps
    let texts = [
      "", " ", "It's  12345 o'clock!\n\n  x\t", "日本語 カタカナ 한국어 e\u{301} 1\u{301}²½", "fooBar(BAZ)\r\n $5+3<=8 I'LL ſ",
      "<sentinel:1>IMGIMGABZ 1000000", "\u{0}\u{E000}\u{200D}🙂",
    ]
    for text in texts {
      let split = try PreTokenizer(steps).words(of: Array(text.utf8)[...], place: .start)
      #expect(split.words.flatMap { split.bytes(of: $0) } == Array(split.bytes), "\(text.debugDescription)")
      if split.bytes.count == text.utf8.count { #expect(Array(split.bytes) == Array(text.utf8)) }
    }
  }

  /// Work that grows with the square of a run's length goes beyond the limit on steps, which is an error: of the named
  /// rules two, which count a number's digits from its end, do so over thousands of digits.
  @Test(arguments: NamedPreTokenizer.all.map(\.names[0])) func longRunsTakeNoNamedRuleTooLong(name: String) throws {
    let rule = try PreTokenizer(NamedPreTokenizer(name).steps), countsDigits = ["superbpe", "tiny_aya"].contains(name)
    let parts = [" ", "\n", "\r\n", "\n ", "a", "A", "aB", "1", ".", "'s", "文", "e\u{301}", " a", "=\t"]
    for part in parts where part != "1" || !countsDigits {
      for end in ["", "x", "!"] {
        let text = String(repeating: part, count: 8_000) + end
        #expect(throws: Never.self, "\(part.debugDescription), \(end)") {
          try rule.words(of: Array(text.utf8)[...], place: .start)
        }
      }
    }
    let number = Array(repeating: UInt8(ascii: "1"), count: countsDigits ? 1_000 : 8_000)
    #expect(try !rule.words(of: number[...], place: .start).words.isEmpty)
    guard countsDigits else { return }
    let digits = Array(repeating: UInt8(ascii: "1"), count: 8_000)
    #expect(throws: TokenizationError.self) { try rule.words(of: digits[...], place: .start) }
  }

  @Test func laterModelsRulesCutTheirWay() throws {
    #expect(try words("HelloWorld's 1234", "gpt-4o") == ["Hello", "World's", " ", "123", "4"])
    #expect(try words("HelloWorld's 12", "tekken") == ["Hello", "World", "'s", " ", "1", "2"])
    #expect(try words("a 12345!", "deepseek-v3") == ["a", " ", "123", "45", "!"])
    #expect(try words("日本語が x", "deepseek-v3") == ["日本語が", " x"])
    #expect(try words("e\u{301}a\u{301} b", "qwen35") == ["e\u{301}a\u{301}", " b"])
    #expect(try words("1234567", "superbpe") == ["1", "234", "567"])
    #expect(try words("x\ny z", "deepseek-llm") == ["x", "\n", "y", " z"])
  }

  /// What has been cut apart by hand and by the general matcher is the same.
  @Test(arguments: KnownPattern.allCases) func patternsByHandAreTheGeneralOnes(known: KnownPattern) throws {
    let pattern = try Pattern(known.text)
    for line in try ReferenceFixtures.records("corpus.jsonl", as: ReferenceFixtures.CorpusLine.self) {
      let text = ClassifiedText(Array(line.text.utf8)[...])
      var byHand: [Range<Int>] = []
      known.appendWords(of: text, in: text.scalars.indices, to: &byHand)
      var split = SplitText(Array(line.text.utf8)[...], place: .start)
      try split.split(pattern, .isolated, isInverted: false)
      #expect(split.words == byHand, "\(line.text.debugDescription)")
    }
  }

  @Test func textThatGoesOnHasNoSpacePutInFront() throws {
    let steps: [PreTokenizerStep] = [.metaspace("_", .always, splits: true)]
    #expect(try words("a b", steps) == ["_a", "_b"])
    #expect(try words("a b", steps, place: .continuing) == ["a", "_b"])
    #expect(try words("a", [.metaspace("_", .first, splits: false)], place: .later) == ["a"])
    let spaced: [PreTokenizerStep] = [.byteLevel(addsSpace: true)]
    #expect(try words("a b", spaced) == [" a", " b"])
    #expect(try words("a b", spaced, place: .continuing) == ["a", " b"])
  }

  /// The fixture holds the classes of Unicode 16, which the reference's regular expressions follow; Swift's tables may
  /// be newer, and then differ on what was added since and on nothing else.
  @Test func scalarClassesAreThoseOfTheReferenceExceptWhereUnicodeGrew() throws {
    var expected = [ScalarClass](repeating: .other, count: 0x11_0000)
    for line in try ReferenceFixtures.lines("scalar-classes.txt") {
      let fields = line.split(separator: " ")
      let first = try #require(Int(fields[0], radix: 16))
      let last = try #require(Int(fields[1], radix: 16))
      let scalarClass: ScalarClass = fields[2] == "L" ? .letter : fields[2] == "N" ? .number : .whitespace
      for value in first...last { expected[value] = scalarClass }
    }
    var differing: [String] = []
    for value in UInt32(0)..<0x11_0000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if let age = scalar.properties.age, age.major > 16 { continue }
      if ScalarClass(scalar) != expected[Int(value)] { differing.append("U+" + String(value, radix: 16)) }
    }
    #expect(differing == [])
  }
}
