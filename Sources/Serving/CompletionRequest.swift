import JSON

/// A request for what follows texts, `POST /v1/completions`.
package struct CompletionRequest: Sendable {
  /// What an answer follows.
  enum Prompt: Sendable {
    case text(String)
    case tokens([Int])
  }

  var sampling: SamplingFields
  var prompts: [Prompt]
  /// How many of the likeliest tokens are told; nil tells no log-probabilities.
  var ranks: Int?
  /// Whether the prompt is part of the answer.
  var echoes: Bool

  /// At most so many prompts in one request.
  private static let mostPrompts = 1024

  /// Reads a body.
  /// - Throws: `APIError` for what this server can't do, by the field's name.
  package init(_ body: some Sequence<UInt8>) throws(APIError) {
    var fields = try RequestFields(body)
    sampling = try SamplingFields(&fields, lengths: ["max_tokens"], least: 0)
    ranks = try Self.ranks(&fields)
    echoes = try fields.flag("echo") ?? false
    guard let prompt = fields.value("prompt") else {
      throw .field("prompt", found: "nothing", expected: "a text, token ids, or an array of either")
    }
    prompts = try Self.prompts(prompt)
    try fields.accept([("suffix", [""])])
    try fields.finish()
    if echoes, sampling.isStreamed { throw .unsupported("stream", "false together with \"echo\"") }
  }

  /// OpenAI has a number here; `true` is taken for the fewest.
  private static func ranks(_ fields: inout RequestFields) throws(APIError) -> Int? {
    if case .boolean(let isTold)? = fields.value("logprobs") { return isTold ? 1 : nil }
    return try fields.integer("logprobs", in: 0...20)
  }

  private static func prompts(_ value: JSONValue) throws(APIError) -> [Prompt] {
    if let text = value.string { return [.text(text)] }
    guard let elements = value.array, !elements.isEmpty, elements.count <= 1_000_000 else {
      throw .field("prompt", found: value.found, expected: "a text, token ids, or an array of either")
    }
    if elements[0].number != nil { return [.tokens(try tokens(elements, at: "prompt"))] }
    guard elements.count <= mostPrompts else {
      throw .field("prompt", found: "\(elements.count) prompts", expected: "at most \(mostPrompts)")
    }
    var prompts: [Prompt] = []
    for (place, element) in elements.enumerated() {
      if let text = element.string {
        prompts.append(.text(text))
      } else if let ids = element.array {
        prompts.append(.tokens(try tokens(ids, at: "prompt[\(place)]")))
      } else {
        throw .field("prompt[\(place)]", found: element.found, expected: "a text or token ids")
      }
    }
    return prompts
  }

  private static func tokens(_ values: [JSONValue], at place: String) throws(APIError) -> [Int] {
    let tokens = values.compactMap(\.integer)
    guard tokens.count == values.count, tokens.allSatisfy({ $0 >= 0 }) else {
      throw .field(place, found: "other than whole numbers", expected: "token ids")
    }
    return tokens
  }
}
