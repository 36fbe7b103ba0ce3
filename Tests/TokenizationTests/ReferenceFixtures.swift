import Foundation
import Testing

@testable import Tokenization

/// The committed outputs of Tests/Reference/tokenizer_fixtures.py.
enum ReferenceFixtures {
  struct CorpusLine: Decodable {
    var text: String
    var ids: [Int]
    /// The ids with control tokens read as ordinary text, where these differ.
    var idsAsText: [Int]?
  }

  struct DecodedLine: Decodable {
    var ids: [Int]
    var text: String
    var textWithSpecial: String
  }

  struct Conversation: Decodable {
    var system: String
    var instruction: String
    var ids: [Int]
  }

  private struct CompactDescription: Decodable {
    var kind: String
    var preTokenizer: String
    var tokens: [String]
    var tokenKinds: [Int]
    var beginningOfSequence: Int?
    var endOfSequence: Int?
    var padding: Int?
    var unknown: Int?
    var addsBeginningOfSequence: Bool
    var chatTemplate: String?
  }

  static func data(_ name: String) throws -> Data {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return try Data(contentsOf: folder.appending(path: name))
  }

  static func lines(_ name: String) throws -> [String] {
    String(decoding: try data(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  static func records<Record: Decodable>(_ name: String, as type: Record.Type = Record.self) throws -> [Record] {
    let decoder = JSONDecoder()
    return try data(name).split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Record.self, from: $0) }
  }

  /// SmolLM2's description: its tokens are the leading ones, then what each merge makes, in order.
  static func smolLM2() throws -> TokenizerDescription {
    let compact = try JSONDecoder().decode(CompactDescription.self, from: data("smollm2.json"))
    let merges = try lines("smollm2-merges.txt")
    return TokenizerDescription(
      kind: compact.kind,
      preTokenizer: compact.preTokenizer,
      tokens: compact.tokens + merges.map { $0.filter { $0 != " " } },
      tokenKinds: compact.tokenKinds + Array(repeating: 1, count: merges.count),
      merges: merges,
      beginningOfSequence: compact.beginningOfSequence,
      endOfSequence: compact.endOfSequence,
      unknown: compact.unknown,
      addsBeginningOfSequence: compact.addsBeginningOfSequence,
      chatTemplate: compact.chatTemplate)
  }

  /// SmolLM2's tokenizer, built once for all tests.
  static let tokenizer = Result { try Tokenizer(smolLM2()) }
}
