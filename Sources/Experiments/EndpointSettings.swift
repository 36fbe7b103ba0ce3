package import JSON
package import Stages

/// A server that speaks OpenAI's protocol for chats: where it is, and how it is asked.
///
/// The key stands nowhere in a manifest: a variable of the environment holds it. Manifests are passed on, so one that
/// was made by somebody else must not send any secret of the environment anywhere: `OPENAI_API_KEY` goes to OpenAI
/// alone, and other variables must bear a name that was given to them for this program.
package struct EndpointSettings: Sendable, Hashable {
  package var baseURL = ""
  package var model = ""
  package var keyVariable: String?
  package var parameters = JSONObject()
  package var concurrency = 4
  package var retries = 5
  package var timeout = 120.0

  private static let ofOpenAI = "OPENAI_API_KEY", ownPrefix = "ANTIPODE_", longestTimeout = 86_400.0

  private var isOpenAI: Bool {
    baseURL == "https://api.openai.com" || baseURL.hasPrefix("https://api.openai.com/")
  }

  /// The part that can change a reply.
  package var judged: JudgmentsStage.Endpoint {
    JudgmentsStage.Endpoint(baseURL: baseURL, model: model, parameters: .object(parameters))
  }
}

extension EndpointSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    ManifestKey(
      KeyDescription(
        name: "baseURL",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: "string"), .init(key: "pattern", value: "^https?://[^@?#]+$"),
            .init(key: "examples", value: ["https://api.openai.com/v1", "http://localhost:8000/v1"]),
          ]), words: "text"),
        isNullable: false, isRequired: true, fallback: nil, example: "http://localhost:8000/v1",
        meaning: "The URL, without `/chat/completions`."),
      take: { (section, value) throws(ManifestError) in
        section.baseURL = try value.text()
        while section.baseURL.hasSuffix("/") { section.baseURL.removeLast() }
      }, write: { .string($0.baseURL) }),
    .text("model", \.model, isRequired: true, example: "gpt-4.1-mini", "The model's name on the server."),
    .optionalText(
      "keyVariable", \.keyVariable, fallback: "`\"OPENAI_API_KEY\"` for api.openai.com, else `null`",
      from: { $0.isOpenAI ? ofOpenAI : nil }, example: "ANTIPODE_JUDGE_KEY",
      "The environment variable with the API key. `null` if the server needs none. Names other than OpenAI's must "
        + "begin with `ANTIPODE_`. Part of no hash."),
    ManifestKey(
      KeyDescription(
        name: "parameters",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: "object"), .init(key: "additionalProperties", value: [:]),
          ]), words: "object"),
        isNullable: false, isRequired: false, fallback: nil, example: ["seed": 1],
        meaning: "More parameters for the body of a request. `null` removes a default parameter."),
      take: { (section, value) throws(ManifestError) in
        guard let object = value.value?.object else {
          throw value.invalid(expected: "an object of what a request also says")
        }
        for key in ["model", "messages", "stream", "n"] where object[key] != nil {
          throw ManifestError(
            at: "\(value.place).\(key)", found: "a key that is not for change",
            expected: "other keys, such as \"temperature\" or \"seed\"")
        }
        section.parameters = object
      }, write: { .object($0.parameters) }),
    .integer(
      "concurrency", \.concurrency, in: 1...256, example: 16, "The number of concurrent requests. Part of no hash."),
    .integer(
      "retries", \.retries, in: 0...100, example: 0,
      "How often a request is retried after a temporary failure. Part of no hash."),
    .number(
      "timeout", \.timeout, .positive, example: 600, "The time limit for a reply, in seconds. Part of no hash."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    guard timeout <= Self.longestTimeout else {
      throw ManifestError(
        at: "\(place).timeout", found: "\(timeout)",
        expected: "at most a day: \(Int(Self.longestTimeout)) seconds")
    }
    if let keyVariable, !keyVariable.hasPrefix(Self.ownPrefix), keyVariable != Self.ofOpenAI || !isOpenAI {
      throw ManifestError(
        at: "\(place).keyVariable", found: JSONValue.string(keyVariable).summary,
        expected:
          "a name that begins with \"\(Self.ownPrefix)\", such as \"\(Self.ownPrefix)JUDGE_KEY\", so that no manifest "
          + "can send another secret away (\"\(Self.ofOpenAI)\" goes to https://api.openai.com alone)")
    }
    try checkAddress(at: place)
  }

  private func checkAddress(at place: String) throws(ManifestError) {
    let parts = baseURL.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty, !parts[2].isEmpty else {
      throw ManifestError(
        at: "\(place).baseURL", found: JSONValue.string(baseURL).summary,
        expected: "an address that begins with https:// or http://, such as \"https://api.openai.com/v1\"")
    }
    // What stands before an @, or behind a question mark, is often a secret; a manifest is passed on.
    guard !parts[2].contains("@"), !baseURL.contains("?"), !baseURL.contains("#") else {
      throw ManifestError(
        at: "\(place).baseURL", found: "an address with a user's name or a query",
        expected: "the address alone; the key belongs in a variable of the environment, named by \"keyVariable\"")
    }
    let host = parts[2].hasPrefix("[") ? parts[2].prefix { $0 != "]" } + "]" : parts[2].prefix { $0 != ":" }
    guard parts[0] == "https:" || keyVariable == nil || ["localhost", "127.0.0.1", "[::1]"].contains(host) else {
      throw ManifestError(
        at: "\(place).keyVariable", found: "a key for \"\(baseURL)\", which would travel unencrypted",
        expected: "an address that begins with https://, or null where the server wants no key")
    }
  }
}
