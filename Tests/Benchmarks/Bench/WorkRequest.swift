/// A piece of work that every contender does alike, as one line of JSON on a worker's standard input.
struct WorkRequest: Codable {
  /// The tokens around and in a soft prompt.
  struct Prefix: Codable {
    /// The template's tokens before the soft prompt.
    var before: [Int]
    /// The tokens whose embeddings the soft prompt begins with.
    var prompt: [Int]
    /// The template's tokens between the soft prompt and the instruction.
    var after: [Int]
  }

  /// An instruction with a response.
  struct Pair: Codable {
    var turn: [Int]
    var response: [Int]
    /// `refused`, `answered` or `harmless`.
    var category: String
  }

  /// `prompt`, `decode`, `contrast`, `evaluate`, `tune`, `memory`, `bandwidth`, `product` or `info`.
  var work: String
  /// Of `prompt`: the prompt.
  var tokens: [Int]?
  /// Of `decode`: what stands before the decoded tokens.
  var prompt: [Int]?
  /// Of `contrast`: the same for both streams.
  var prompts: [[Int]]?
  /// Of `evaluate`: both streams' system prompts, with the template's tokens around them.
  var prefixes: [[Int]]?
  /// Of `evaluate`: the instructions, each up to its answer's first token.
  var turns: [[Int]]?
  /// The contrast's strength α (Equation 5).
  var alpha: Double?
  /// How many tokens are decoded.
  var count: Int?
  /// Of `evaluate`: tokens that end an answer.
  var stop: [Int]?
  /// Of `tune`: what stands before every pair.
  var prefix: Prefix?
  /// Of `tune`: the pairs of one step.
  var pairs: [Pair]?
  /// Of `product`: rows of the first factor.
  var rows: Int?

  init(_ work: String) { self.work = work }
}

/// What a worker answers, as one line of JSON on its standard output.
struct WorkAnswer: Codable {
  var seconds: Double?
  var token: Int?
  var tokens: [Int]?
  /// Of `evaluate`: the answers.
  var answers: [[Int]]?
  var loss: Double?
  var gradientNorm: Double?
  var bytes: Int?
  var bytesPerSecond: Double?
  var operationsPerSecond: Double?
  /// Multiplications and additions that the mathematics asks for.
  var operations: Double?
  var information: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case seconds, token, tokens, loss, gradientNorm, bytes, bytesPerSecond, operationsPerSecond, operations, information
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
    tokens = try? container.decodeIfPresent([Int].self, forKey: .tokens)
    answers = try? container.decodeIfPresent([[Int]].self, forKey: .tokens)
    bytes = try container.decodeIfPresent(Int.self, forKey: .bytes)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(seconds, forKey: .seconds)
    try container.encodeIfPresent(token, forKey: .token)
    try container.encodeIfPresent(tokens, forKey: .tokens)
    // The answers of many sequences go under the same key as the tokens of one.
    try container.encodeIfPresent(answers, forKey: .tokens)
    try container.encodeIfPresent(loss, forKey: .loss)
    try container.encodeIfPresent(gradientNorm, forKey: .gradientNorm)
    try container.encodeIfPresent(bytes, forKey: .bytes)
    try container.encodeIfPresent(bytesPerSecond, forKey: .bytesPerSecond)
    try container.encodeIfPresent(operationsPerSecond, forKey: .operationsPerSecond)
    try container.encodeIfPresent(operations, forKey: .operations)
    try container.encodeIfPresent(information, forKey: .information)
  }
}
