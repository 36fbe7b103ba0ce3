package import Evaluation
package import Stages

/// The manual system prompts of `Anchors/system-prompts.json`.
package struct SystemPrompts {
  private struct Texts: Decodable {
    var safe: String
    var opposite: String
    var null: String
    /// Only the methods that contrast with it need it.
    var reverse: String?
  }

  private let texts: Texts
  private let file: SourceFile

  package init(_ file: SourceFile) throws {
    self.file = file
    texts = try file.value(
      as: Texts.self, expected: "an object with the texts \"safe\", \"opposite\" and \"null\"")
  }

  /// The prompt of a kind.
  func text(_ kind: SystemPromptKind) -> String {
    switch kind {
    case .safe: texts.safe
    case .opposite: texts.opposite
    case .null: texts.null
    }
  }

  /// The prompt that a tuned one starts from.
  func text(_ role: PromptRole) -> String {
    switch role {
    case .safeguarding: texts.safe
    case .adversarial: texts.opposite
    }
  }

  /// The prompt of a method's stream.
  package func text(_ prompt: StreamPrompt.ManualPrompt) throws -> String {
    switch prompt {
    case .safe: return texts.safe
    case .opposite: return texts.opposite
    case .reverse:
      guard let reverse = texts.reverse else {
        throw file.malformed(
          at: "the file", found: "no key \"reverse\"", expected: "the text of the reverse prompt")
      }
      return reverse
    }
  }
}

/// A harmful instruction and its refusal, for In-Context Defense.
package struct Demonstration: Decodable, Sendable {
  var instruction: String
  var answer: String

  /// The first demonstrations of a file.
  package static func read(_ file: SourceFile, first count: Int) throws -> [Demonstration] {
    let all = try file.rows(
      as: Demonstration.self, expected: "an object with the texts \"instruction\" and \"answer\"")
    guard count <= all.count else {
      throw file.tooFew(all.count, wanted: count, key: "decoding.demonstrationCount")
    }
    return Array(all.prefix(count))
  }
}

/// A refusal in a few words, for anchors of models that do not refuse by themselves.
package struct RefusalText: Decodable {
  var id: String
  var text: String

  /// The texts of a file.
  package static func read(_ file: SourceFile) throws -> [String] {
    try file.rows(as: RefusalText.self, expected: "an object with the texts \"id\" and \"text\"").map(\.text)
  }
}
