import Foundation
import ModelFiles
import Testing

@testable import Tokenization

/// Every step and option of `tokenizer.json` against Hugging Face `tokenizers`:
/// `Tests/Reference/tokenizer_step_fixtures.py`.
struct TokenizerStepTests {
  fileprivate struct Line: Decodable {
    let ids: [Int]
    /// The text of the ids, where it is not the one that they were made of.
    let decoded: String?
  }

  /// One small tokenizer, and what the reference makes of each text.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    fileprivate let tokenizer: String
    fileprivate let lines: [Line]
    /// Whether the reference decodes ids as is done here.
    fileprivate let decodes: Bool
    var testDescription: String { name }
  }

  /// The cases, each with its `tokenizer.json` put together again; none where the fixtures can't be read.
  static let cases: [Case] = (try? read()) ?? []

  private static let texts =
    (try? JSONDecoder().decode([String].self, from: ReferenceFixtures.data("steps/texts.json"))) ?? []

  private static func read() throws -> [Case] {
    func object(_ data: Data) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    let models = try object(ReferenceFixtures.data("steps/models.json"))
    return try ReferenceFixtures.lines("steps/cases.jsonl").map { line in
      let record = try object(Data(line.utf8))
      var tokenizer = try #require(record["tokenizer"] as? [String: Any])
      var model = try #require(tokenizer["model"] as? [String: Any])
      let name = try #require(model["vocab"] as? String)
      model.merge(try #require(models[name] as? [String: Any])) { $1 }
      tokenizer["model"] = model
      let lines = try JSONSerialization.data(withJSONObject: try #require(record["lines"]))
      return Case(
        name: try #require(record["name"] as? String),
        tokenizer: String(decoding: try JSONSerialization.data(withJSONObject: tokenizer), as: UTF8.self),
        lines: try JSONDecoder().decode([Line].self, from: lines),
        decodes: try #require(record["decodes"] as? Bool))
    }
  }

  private func tokenizer(_ example: Case) throws -> Tokenizer {
    let node = try JSONNode(parsing: Array(example.tokenizer.utf8), path: example.name, place: "tokenizer")
    return try Tokenizer(TokenizerDescription(tokenizer: node))
  }

  @Test func theFixturesAreThere() {
    #expect(Self.cases.count > 90 && Self.texts.count > 30)
  }

  @Test(arguments: cases) func idsAndTextsAreTheReferences(example: Case) throws {
    let tokenizer = try tokenizer(example)
    #expect(Self.texts.count == example.lines.count)
    for (text, line) in zip(Self.texts, example.lines) {
      #expect(try tokenizer.encode(text, special: .parse) == line.ids, "\(text.debugDescription)")
      guard example.decodes else { continue }
      let expected = line.decoded ?? text
      #expect(Array(tokenizer.decode(line.ids).utf8) == Array(expected.utf8), "\(text.debugDescription)")
    }
  }
}
