import Decoding
import JSON
import Stages

/// What chat and plain completions have in common: how answers are drawn, and where they end.
struct SamplingFields: Sendable {
  var model: String
  /// The method's parameters, as a manifest's section `decoding` has them.
  var parameters: JSONObject
  /// The longest answer; nil where the request does not say.
  var maximumTokens: Int?
  var temperature: Double
  var topP: Double
  var topK: Int
  /// Nil draws anew each time.
  var seed: UInt64?
  /// How many answers.
  var count: Int
  /// What ends an answer and is no part of it.
  var stop: [String]
  var isStreamed: Bool
  var includesUsage: Bool

  /// What a method's parameters are called in a request: as in a manifest.
  static let methodFields = [
    "alpha", "plausibility", "contrastSteps", "amateurTemperature", "agreement", "candidates", "demonstrationCount",
    "reminderBefore", "reminderAfter",
  ]

  /// Fields of OpenAI's that say nothing, or nothing but what is so anyhow.
  private static let neutral: [(name: String, values: [JSONValue])] = [
    ("frequency_penalty", [0]), ("presence_penalty", [0]), ("logit_bias", [.object(JSONObject())]),
    ("min_p", [0]), ("repetition_penalty", [1]), ("repeat_penalty", [1]), ("min_tokens", [0]),
    ("ignore_eos", [false]), ("skip_special_tokens", [true]), ("service_tier", ["auto", "default"]),
    ("store", [false]),
  ]
  /// Fields that are for the server's own books.
  private static let ignored = [
    "user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "add_special_tokens",
  ]

  /// How the tokens are drawn.
  var sampler: Sampler { Sampler(temperature: temperature, topP: topP, topK: topK) }
}

extension SamplingFields {
  /// Reads a request's fields.
  /// - Parameters:
  ///   - lengths: What the longest answer is called.
  ///   - least: The least that it may be.
  init(_ fields: inout RequestFields, lengths: [String], least: Int = 1) throws(APIError) {
    guard let model = try fields.text("model") else {
      throw .field("model", found: "nothing", expected: "a name that GET /v1/models lists")
    }
    let parameters = fields.section(Self.methodFields)
    var longest: Int?
    for name in lengths {
      let value = try fields.integer(name, in: least...1_000_000)
      longest = longest ?? value
    }
    let temperature = try fields.number("temperature", in: 0...100) ?? 1
    let topP = try fields.number("top_p", in: 0...1) ?? 1
    if topP == 0 { throw .field("top_p", found: "0", expected: "a number above 0") }
    let topK = max(0, try fields.integer("top_k", in: -1...1_000_000) ?? 0)
    let seed = try fields.integer("seed", in: -(1 << 53)...1 << 53).map { UInt64(bitPattern: Int64($0)) }
    let count = try fields.integer("n", in: 1...128) ?? 1
    let stop = try Self.stop(&fields)
    let isStreamed = try fields.flag("stream") ?? false
    let includesUsage = try Self.includesUsage(&fields)
    try fields.accept(Self.neutral + [(name: "best_of", values: [JSONValue.integer(count)])])
    for name in Self.ignored { _ = fields.value(name) }
    self.init(
      model: model, parameters: parameters, maximumTokens: longest, temperature: temperature, topP: topP, topK: topK,
      seed: seed, count: count, stop: stop, isStreamed: isStreamed, includesUsage: includesUsage)
  }

  private static func stop(_ fields: inout RequestFields) throws(APIError) -> [String] {
    guard let value = fields.value("stop") else { return [] }
    let texts = value.array.map { $0.compactMap(\.string) } ?? value.string.map { [$0] } ?? []
    guard texts.count == (value.array?.count ?? 1), texts.count <= 64 else {
      throw .field("stop", found: value.found, expected: "a text, or up to 64 of them")
    }
    return texts.filter { !$0.isEmpty }
  }

  private static func includesUsage(_ fields: inout RequestFields) throws(APIError) -> Bool {
    guard let options = fields.value("stream_options") else { return false }
    guard let object = options.object else {
      throw .field("stream_options", found: options.found, expected: "an object")
    }
    if let other = object.keys.first(where: { !["include_usage", "include_obfuscation"].contains($0) }) {
      throw .unsupported("stream_options.\(other)", "null")
    }
    return object["include_usage"] == true
  }
}
