import Foundation
import Testing

@testable import Tokenization

/// Templates of real models, whose texts are not ours to commit: `Tests/Reference/conversation_check.py` renders
/// conversations with them in transformers, into the file that `ANTIPODE_CONVERSATIONS` names.
struct RealTemplateTests {
  private struct Row: Decodable {
    var name: String
    var source: String
    var system: String?
    var exchanges: [[String]]?
    var instruction: String?
    var text: String?
    var error: String?
  }

  private static let path = ProcessInfo.processInfo.environment["ANTIPODE_CONVERSATIONS"]

  /// What transformers gives is what we give. Where it refuses a system message, we put the prompt elsewhere; where it
  /// refuses anything else, so do we.
  @Test(.enabled(if: path != nil, "ANTIPODE_CONVERSATIONS names no file of rendered conversations"))
  func conversationsAreThoseOfTransformers() throws {
    var description = try ReferenceFixtures.smolLM2()
    description.beginningOfSequence = 0
    let tokenizer = try Tokenizer(description)
    let data = try Data(contentsOf: URL(filePath: Self.path ?? ""))
    var same = 0, placed = 0, lists = 0, refused = 0, kept: (source: String, encoder: ConversationEncoder?) = ("", nil)
    for line in data.split(separator: UInt8(ascii: "\n")) {
      let row = try JSONDecoder().decode(Row.self, from: line)
      if row.source != kept.source {
        kept = (
          row.source,
          try? ConversationEncoder(ChatTemplate(name: row.name, source: row.source), tokenizer: tokenizer)
        )
      }
      let instruction = (row.instruction ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
      let system = row.system.map { ConversationEncoder.System.text($0) } ?? .absent
      let exchanges = (row.exchanges ?? []).map { (instruction: $0[0], answer: $0[1]) }
      let ids = try? kept.encoder?.frame(system, after: exchanges).ids(row.instruction ?? "")
      let text = ids.map { tokenizer.decode($0, skippingSpecial: false) }
      if kept.encoder?.placement == .user, row.system != nil {
        placed += 1
      } else if kept.encoder?.contentIsList == true {
        // Given as a string, transformers loses the user's message, or fails.
        lists += 1
        #expect(text?.contains(instruction) == true, "\(row.name)")
      } else if let expected = row.text {
        same += 1
        #expect(text == expected, "\(row.name): \(String(describing: row.system)) \(exchanges.count)")
      } else {
        refused += 1
        #expect(text == nil, "\(row.name): \(row.error ?? "")")
      }
    }
    print(
      "\(same) conversations the same, \(refused) refused, \(placed) with the prompt in the user's turn, "
        + "\(lists) of templates for pictures"
    )
  }
}
