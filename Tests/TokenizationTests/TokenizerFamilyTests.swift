import Foundation
import ModelFiles
import Testing

@testable import Tokenization

/// Every kind of tokenizer against Hugging Face `tokenizers`: `Tests/Reference/tokenizer_family_fixtures.py`.
struct TokenizerFamilyTests {
  private struct Line: Decodable {
    let ids: [Int]
    /// The text of the ids, where it is not the one that they were made of.
    let decoded: String?
  }

  /// The corpus, each text with its line.
  private static func lines(_ name: String) throws -> [(text: String, line: Line)] {
    let texts = try JSONDecoder().decode([String].self, from: ReferenceFixtures.data("families/texts.json"))
    let lines = try ReferenceFixtures.records("families/\(name).jsonl", as: Line.self)
    #expect(texts.count == lines.count && lines.count > 800)
    return Array(zip(texts, lines))
  }

  /// GGUF's metadata.
  private struct Metadata: Decodable {
    let tokens: [String]
    let tokenKinds: [Int]
    let scores: [Float]
    let addsSpacePrefix: Bool
  }

  static let families = [
    "gpt2", "smollm", "llama3", "qwen2", "bloom", "llama2", "mistral-first", "mistral-always", "gemma",
  ]

  static func description(_ name: String) throws -> TokenizerDescription {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/families/\(name).json")
    return try TokenizerDescription(tokenizer: JSONNode(file: path.path))
  }

  /// Llama 3.1's generation configuration names three ends, and other models' `config.json` a list.
  @Test(
    arguments: [
      (#"{"eos_token_id": [5, 7, 9]}"#, #"{"eos_token_id": 5}"#, 5, 7, [9]),
      (#"{}"#, #"{"eos_token_id": [5, 7, 9]}"#, 5, nil, [7, 9]),
      (#"{"eos_token_id": 7}"#, #"{"eos_token_id": 5}"#, 5, 7, []),
      (#"{"eos_token_id": [7, 5]}"#, #"{"eos_token_id": [5, 9]}"#, 5, 7, [9]),
    ] as [(String, String, Int?, Int?, [Int])])
  func everyEndThatIsNamedEndsAnAnswer(
    generation: String, model: String, end: Int?, endOfTurn: Int?, others: [Int]
  ) throws {
    func node(_ text: String) throws -> JSONNode {
      try JSONNode(parsing: Array(text.utf8), path: "a.json", place: "top")
    }
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/families/smollm.json")
    let description = try TokenizerDescription(
      tokenizer: JSONNode(file: path.path), generation: node(generation), model: node(model))
    #expect(description.endOfSequence == end && description.endOfTurn == endOfTurn)
    #expect(description.otherEnds == others)
    let tokenizer = try Tokenizer(description)
    #expect(
      try ConversationEncoder(.plain, tokenizer: tokenizer).stopTokens
        == Set([end, endOfTurn].compactMap(\.self) + others).sorted())
  }

  @Test(arguments: families) func idsAreTheReferences(name: String) throws {
    let tokenizer = try Tokenizer(Self.description(name))
    for (text, line) in try Self.lines(name) {
      #expect(try tokenizer.encode(text, special: .parse) == line.ids, "\(name): \(text.debugDescription)")
    }
  }

  @Test(arguments: families) func textsAreTheReferences(name: String) throws {
    let tokenizer = try Tokenizer(Self.description(name))
    for (text, line) in try Self.lines(name) {
      let expected = line.decoded ?? text
      #expect(Array(tokenizer.decode(line.ids).utf8) == Array(expected.utf8), "\(name): \(text.debugDescription)")
      var stream = TextStream(tokenizer)
      #expect(line.ids.map { stream.append($0) }.joined() + stream.finish() == expected)
    }
  }

  /// GGUF files hold scores instead of merges.
  @Test(arguments: ["llama2", "gemma"]) func scoresGiveTheSameIDs(name: String) throws {
    let metadata = try JSONDecoder().decode(Metadata.self, from: ReferenceFixtures.data("families/\(name)-gguf.json"))
    let tokenizer = try Tokenizer(
      TokenizerDescription(
        kind: "llama", preTokenizer: "default", tokens: metadata.tokens, tokenKinds: metadata.tokenKinds, merges: [],
        scores: metadata.scores, spacePrefix: metadata.addsSpacePrefix ? .everywhere : .never, unknown: 0))
    for (text, line) in try Self.lines(name) {
      #expect(try tokenizer.encode(text, special: .parse) == line.ids, "\(name): \(text.debugDescription)")
    }
  }

  @Test func theDescriptionHoldsWhatTheFileSays() throws {
    let llama3 = try Self.description("llama3"), llama2 = try Self.description("llama2")
    #expect(llama3.kind == "gpt2" && llama3.preTokenizer == "llama-bpe" && llama3.takesWholeWords)
    #expect(try Self.description("qwen2").composesCharacters)
    #expect(
      try ["gpt2", "smollm", "qwen2", "bloom"].map { try Self.description($0).preTokenizer }
        == ["gpt-2", "smollm", "qwen2", "bloom"])
    #expect(llama2.kind == "llama" && llama2.unknown == 0 && llama2.spacePrefix == .everywhere)
    #expect(llama2.tokenKinds[1] == 3 && llama2.tokenKinds[10] == 6 && llama2.tokenKinds[400] == 1)
    #expect(llama3.tokenKinds.last == 4)
    #expect(try Self.description("mistral-first").spacePrefix == .first)
    #expect(try Self.description("mistral-always").spacePrefix == .always)
    #expect(try Self.description("gemma").spacePrefix == .never)
  }
}
