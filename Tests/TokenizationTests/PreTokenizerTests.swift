import Testing

@testable import Tokenization

/// Where text is cut into words.
struct PreTokenizerTests {
  private func words(_ text: String, _ preTokenizer: PreTokenizer) -> [String] {
    let classified = ClassifiedText(Array(text.utf8)[...])
    return preTokenizer.words(of: classified).map { range in
      var word = ""
      word.unicodeScalars.append(contentsOf: classified.scalars[range])
      return word
    }
  }

  @Test func contractionsAreLowerCaseOnly() {
    #expect(words("it's IT'S we'll've", .gpt2) == ["it", "'s", " IT", "'", "S", " we", "'ll", "'ve"])
  }

  @Test func aRunOfWhiteSpaceLeavesItsLastSpaceToTheNextWord() {
    #expect(words("a   b", .gpt2) == ["a", "  ", " b"])
    #expect(words("a \r\n\tb  ", .gpt2) == ["a", " \r\n", "\t", "b", "  "])
    #expect(words("a\u{A0}b", .gpt2) == ["a", "\u{A0}", "b"])
  }

  @Test func smollmCutsNumbersOneByOneBeforeAnythingElse() {
    #expect(words("x  12½ y", .smollm) == ["x", "  ", "1", "2", "½", " y"])
    #expect(words("x  12½ y", .gpt2) == ["x", " ", " 12½", " y"])
  }

  @Test func namesAreThoseOfTheFiles() throws {
    #expect(try PreTokenizer(named: "smollm") == .smollm)
    #expect(try PreTokenizer(named: "gpt-2") == .gpt2)
    #expect(try PreTokenizer(named: "default") == .gpt2)
    #expect(try PreTokenizer(named: "llama-bpe") == .llama3)
    #expect(
      throws: TokenizationError.unknownPreTokenizer(
        "deepseek-llm",
        supported: [
          "gpt-2", "gpt2", "default", "smollm", "llama-bpe", "llama3", "llama-v3", "qwen2", "bloom",
        ])
    ) {
      try PreTokenizer(named: "deepseek-llm")
    }
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
