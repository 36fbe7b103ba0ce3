import Decoding
import Foundation
import JSON

/// What all parts of one reply share, as OpenAI's interface has it.
struct ReplyFrame: Sendable {
  private let id: String
  private let created = Int(Date().timeIntervalSince1970)
  private let model: String

  /// A frame with a new identifier.
  /// - Parameter kind: What the identifier begins with.
  init(_ kind: String, model: String) {
    id = "\(kind)-" + UUID().uuidString.lowercased().filter { $0 != "-" }
    self.model = model
  }

  /// A reply, or a part of one.
  func object(_ name: String, _ choices: [JSONValue]) -> JSONObject {
    var object = JSONObject()
    object["id"] = .string(id)
    object["object"] = .string(name)
    object["created"] = .integer(created)
    object["model"] = .string(model)
    object["choices"] = .array(choices)
    return object
  }

  /// How many tokens were read and made.
  static func usage(_ ready: [MethodDesk.Ready], answers: Int) -> JSONValue {
    let prompts = ready.reduce(0) { $0 + $1.promptTokens }
    return [
      "prompt_tokens": .integer(prompts), "completion_tokens": .integer(answers),
      "total_tokens": .integer(prompts + answers),
    ]
  }
}

/// One answer, when it is there.
struct WholeAnswer: Sendable {
  var text = ""
  /// Of the prompt's tokens, from the second on.
  var prompt: [TokenLikelihood] = []
  var tokens: [AnswerReader.Token] = []
  /// The token by which the model ended it.
  var lastToken: AnswerReader.Token?
  var end = AnswerReader.End.length
  /// How many tokens the model chose.
  var count = 0

  init() {}

  /// Reads an answer to its end.
  init(_ reader: consuming AnswerReader) async throws {
    var reader = reader
    while let piece = try await reader.next() {
      text += piece.text
      prompt += piece.prompt
      tokens += piece.tokens
      lastToken = piece.lastToken ?? lastToken
      if let end = piece.end { self.end = end }
    }
    count = reader.count
  }
}
