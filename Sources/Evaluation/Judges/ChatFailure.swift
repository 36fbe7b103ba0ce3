import Foundation
import JSON

/// What a server says where it does not answer: OpenAI's form, llama.cpp's and vLLM's, whose code is a number, and
/// vLLM's older one, whose members stand at the top.
struct ChatFailure {
  /// The server's words.
  let message: String?
  /// The code and the type, where they are names.
  private let names: [String]

  /// Reads a body. One that says nothing of the kind has neither message nor names.
  init(_ body: Data) {
    let top = (try? JSONElement(parsing: body)).map { JSONValue($0) }
    let error = top?["error"]?.object == nil ? top : top?["error"]
    message = error?["message"]?.string
    names = ["code", "type"].compactMap { error?[$0]?.string }
  }

  /// Codes and types that say that this one request is refused, while others are fine.
  private static let ofOneRequest: Set<String> = [
    "content_filter", "content_policy_violation", "context_length_exceeded", "invalid_prompt",
    "string_above_max_length",
  ]

  /// Why the server won't answer this request, whoever asks, as a reply's `finish`; nil for other failures.
  var refusalOfOneRequest: String? {
    if let name = names.first(where: Self.ofOneRequest.contains) { return name }
    let words = (names + [message ?? ""]).joined(separator: " ").lowercased()
    func says(_ phrases: String...) -> Bool { phrases.contains { words.contains($0) } }
    if says("exceed_context_size", "maximum context length", "context size", "context window", "context length") {
      return "context_length_exceeded"
    }
    // Of the request, not of who asks: an account may be flagged too, which fails every request.
    if says("input was flagged", "prompt was flagged", "content policy", "content management policy", "content filter")
    {
      return "content_filter"
    }
    return nil
  }
}
