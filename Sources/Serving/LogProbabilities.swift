import Decoding
import JSON
import Tokenization

/// Log-probabilities as OpenAI's two interfaces tell them.
struct LogProbabilities {
  let tokenizer: Tokenizer

  /// What stands for −∞, the log-probability of a token that a method bars: JSON has no such number.
  private static let barred = -9999.0

  private func number(_ value: Double) -> JSONValue { .number(max(value, Self.barred)) }

  /// A token's text; its bytes, as in `bytes:\xe2\x82`, where they are no whole characters.
  func text(of token: Int) -> String {
    let bytes = spelled(token)
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func spelled(_ token: Int) -> [UInt8] {
    tokenizer.isSpecial(token)
      ? Array(tokenizer.decode([token], skippingSpecial: false).utf8) : tokenizer.bytes(of: token)
  }

  /// A chat's entry for one token.
  func chat(_ token: AnswerReader.Token) -> JSONValue? {
    guard let likelihood = token.likelihood else { return nil }
    func entry(_ ranked: TokenLikelihood.Ranked) -> JSONObject {
      var entry = JSONObject()
      entry["token"] = .string(text(of: ranked.token))
      entry["logprob"] = number(ranked.logProbability)
      entry["bytes"] = .array(spelled(ranked.token).map { .integer(Int($0)) })
      return entry
    }
    var own = entry(likelihood.own)
    own["top_logprobs"] = .array(likelihood.likeliest.map { .object(entry($0)) })
    return .object(own)
  }

  /// The four lists of a completion.
  struct Lists {
    var tokens: [JSONValue] = []
    var own: [JSONValue] = []
    var likeliest: [JSONValue] = []
    var offsets: [JSONValue] = []
    /// Where the next token's text begins, in characters.
    var offset = 0

    var json: JSONValue {
      [
        "tokens": .array(tokens), "token_logprobs": .array(own), "top_logprobs": .array(likeliest),
        "text_offset": .array(offsets),
      ]
    }
  }

  /// Adds a token to a completion's lists; of a text's first nothing is told but its text.
  func add(_ token: Int, _ likelihood: TokenLikelihood?, to lists: inout Lists) {
    let text = text(of: token)
    lists.tokens.append(.string(text))
    lists.offsets.append(.integer(lists.offset))
    lists.offset += text.unicodeScalars.count
    lists.own.append(likelihood.map { number($0.own.logProbability) } ?? .null)
    guard let likelihood else { return lists.likeliest.append(.null) }
    var likeliest = JSONObject()
    for ranked in likelihood.likeliest + [likelihood.own] {
      likeliest[self.text(of: ranked.token)] = number(ranked.logProbability)
    }
    lists.likeliest.append(.object(likeliest))
  }
}
