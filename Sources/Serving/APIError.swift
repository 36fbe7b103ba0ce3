import Foundation
package import JSON

/// Why a request is not answered, in the form of OpenAI's error object.
package struct APIError: Error, Hashable, Sendable {
  /// The HTTP status.
  package var status: Int
  package var message: String
  /// The kind, such as `invalid_request_error`.
  package var type: String
  /// The field that it is about.
  package var parameter: String?
  /// A word for programs, such as `context_length_exceeded`.
  package var code: String?
  /// After how many seconds to try again.
  package var retryAfter: Int?

  package init(
    _ status: Int, _ message: String, type: String = "invalid_request_error", parameter: String? = nil,
    code: String? = nil, retryAfter: Int? = nil
  ) {
    self.status = status
    self.message = message
    self.type = type
    self.parameter = parameter
    self.code = code
    self.retryAfter = retryAfter
  }

  /// The body.
  package var json: JSON.JSONValue {
    [
      "error": [
        "message": .string(message), "type": .string(type), "param": parameter.map(JSONValue.string) ?? .null,
        "code": code.map(JSONValue.string) ?? .null,
      ]
    ]
  }

  /// A field that is not what it should be.
  static func field(_ name: String, found: String, expected: String) -> APIError {
    APIError(400, "\(name): found \(found), expected \(expected)", parameter: name, code: "invalid_value")
  }

  /// A field that this server lacks.
  static func unsupported(_ name: String, _ expected: String) -> APIError {
    APIError(
      400, "\(name): this server does not support it; leave it out, or send \(expected)", parameter: name,
      code: "unsupported_parameter")
  }

  static func tooLong(tokens: Int, answer: Int, limit: Int) -> APIError {
    APIError(
      400,
      "The prompt has \(tokens) tokens and the answer may have \(answer), \(tokens + answer) together; the model reads "
        + "\(limit). Shorten the prompt, or ask for fewer tokens.", parameter: "messages",
      code: "context_length_exceeded")
  }

  static func full(waiting: Int, seconds: Int) -> APIError {
    APIError(
      429, "\(waiting) requests are waiting, which is the limit; try again in \(seconds) s.", type: "rate_limit_error",
      code: "queue_full", retryAfter: seconds)
  }

  static let loading = APIError(
    503, "The model is being loaded.", type: "server_error", code: "loading", retryAfter: 2)
  static let closing = APIError(503, "The server is closing.", type: "server_error", code: "closing", retryAfter: 10)
}

extension JSONValue {
  /// What the value is, for messages.
  var found: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let value): JSONValue.canonicalNumber(value)
    case .string(let text): "\"\(text.prefix(40))\(text.count > 40 ? "…" : "")\""
    case .array: "an array"
    case .object: "an object"
    }
  }
}
