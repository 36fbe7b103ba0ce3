package import JSON

/// A server that speaks OpenAI's protocol for chats: where it is, and how it is asked.
///
/// The key stands nowhere in a manifest: a variable of the environment holds it. Manifests are passed on, so one that was made
/// by somebody else must not send any secret of the environment anywhere: `OPENAI_API_KEY` goes to OpenAI alone, and other
/// variables must bear a name that was given to them for this program.
package struct EndpointSettings: Sendable, Hashable {
  /// The address before `/chat/completions`, such as `https://api.openai.com/v1`.
  package var baseURL: String
  /// The model's name there.
  package var model: String
  /// The variable of the environment that holds the key; nil where the server wants none. Default `OPENAI_API_KEY` for OpenAI,
  /// else nil.
  package var keyVariable: String?
  /// What else a request's body says; `null` leaves out what it would say otherwise. Default nothing.
  package var parameters: JSONObject
  /// How many requests are under way at a time. Default 4.
  package var concurrency: Int
  /// How often a request is repeated that failed for a while. Default 5.
  package var retries: Int
  /// How long a reply may take, in seconds. Default 120.
  package var timeout: Double

  private static let ofOpenAI = "OPENAI_API_KEY", ownPrefix = "ANTIPODE_", longestTimeout = 86_400.0

  enum Key: String, CaseIterable {
    case baseURL, model, keyVariable, parameters, concurrency, retries, timeout
  }

  init(reading value: JSONValue, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    var address = try section.requiredText(.baseURL)
    while address.hasSuffix("/") { address.removeLast() }
    baseURL = address
    model = try section.requiredText(.model)
    let isOpenAI = address == "https://api.openai.com" || address.hasPrefix("https://api.openai.com/")
    keyVariable =
      section.value(.keyVariable) == nil
      ? isOpenAI ? Self.ofOpenAI : nil : try section.optionalText(.keyVariable)
    parameters = JSONObject()
    if let value = section.value(.parameters) {
      guard let object = value.object else {
        throw section.invalid(.parameters, found: value.summary, expected: "an object of what a request also says")
      }
      for key in ["model", "messages", "stream", "n"] where object[key] != nil {
        throw ManifestError(
          at: "\(section.path(.parameters)).\(key)", found: "a key that is not for change",
          expected: "other keys, such as \"temperature\" or \"seed\"")
      }
      parameters = object
    }
    concurrency = try section.integer(.concurrency, default: 4, in: 1...256)
    retries = try section.integer(.retries, default: 5, in: 0...100)
    timeout = try section.number(.timeout, default: 120, .positive)
    guard timeout <= Self.longestTimeout else {
      throw section.invalid(
        .timeout, found: "\(timeout)", expected: "at most a day: \(Int(Self.longestTimeout)) seconds")
    }
    if let keyVariable, !keyVariable.hasPrefix(Self.ownPrefix), keyVariable != Self.ofOpenAI || !isOpenAI {
      throw section.invalid(
        .keyVariable, found: JSONValue.string(keyVariable).summary,
        expected:
          "a name that begins with \"\(Self.ownPrefix)\", such as \"\(Self.ownPrefix)JUDGE_KEY\", so that no manifest can "
          + "send another secret away (\"\(Self.ofOpenAI)\" goes to https://api.openai.com alone)")
    }
    try checkAddress(section)
  }

  private func checkAddress(_ section: ManifestSection<Key>) throws(ManifestError) {
    let parts = baseURL.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty, !parts[2].isEmpty else {
      throw section.invalid(
        .baseURL, found: JSONValue.string(baseURL).summary,
        expected: "an address that begins with https:// or http://, such as \"https://api.openai.com/v1\"")
    }
    // What stands before an @, or behind a question mark, is often a secret; a manifest is passed on.
    guard !parts[2].contains("@"), !baseURL.contains("?"), !baseURL.contains("#") else {
      throw section.invalid(
        .baseURL, found: "an address with a user's name or a query",
        expected: "the address alone; the key belongs in a variable of the environment, named by \"keyVariable\"")
    }
    let host = parts[2].hasPrefix("[") ? parts[2].prefix { $0 != "]" } + "]" : parts[2].prefix { $0 != ":" }
    guard parts[0] == "https:" || keyVariable == nil || ["localhost", "127.0.0.1", "[::1]"].contains(host) else {
      throw section.invalid(
        .keyVariable, found: "a key for \"\(baseURL)\", which would travel unencrypted",
        expected: "an address that begins with https://, or null where the server wants no key")
    }
  }

  /// What can change a reply.
  var judged: JSONValue {
    ["baseURL": .string(baseURL), "model": .string(model), "parameters": .object(parameters)]
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "baseURL": .string(baseURL), "model": .string(model),
      "keyVariable": keyVariable.map(JSONValue.string) ?? .null, "parameters": .object(parameters),
      "concurrency": .integer(concurrency), "retries": .integer(retries), "timeout": .number(timeout),
    ]
  }
}
