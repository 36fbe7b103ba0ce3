import EngineContract
import FlyingFox
import JSON
import NativeEngine
import Tokenization

/// `GET /tokenizer_info`, `POST /tokenize` and `POST /detokenize`: what a remote tokenizer is asked, as
/// lm-evaluation-harness has it.
struct TokenizerRoutes {
  let session: Session

  private var tokenizer: Tokenizer { session.tokenizer }

  /// The special tokens and the chat template.
  var information: HTTPResponse {
    func spelled(_ id: Int?) -> JSONValue {
      id.map { .string(tokenizer.decode([$0], skippingSpecial: false)) } ?? .null
    }
    let conversation = session.engine.conversation
    return HTTPResponse([
      "eos_token": spelled(conversation.endToken ?? tokenizer.endOfSequence),
      "bos_token": spelled(tokenizer.beginningOfSequence), "pad_token": .null,
      "chat_template": .string(conversation.template.source),
      "model_max_length": .integer(session.engine.dimensions.positionLimit),
      "vocab_size": .integer(session.engine.dimensions.vocabularySize),
      "add_bos_token": .boolean(tokenizer.addsBeginningOfSequence),
    ])
  }

  /// The tokens of a text, or of a conversation as the model's own template frames it.
  func tokenize(_ body: [UInt8]) throws -> HTTPResponse {
    var fields = try RequestFields(body)
    let prompt = try fields.text("prompt"), content = try fields.text("content")
    let adds = try fields.flag("add_special_tokens") ?? fields.flag("add_special") ?? true
    guard let text = prompt ?? content else {
      throw APIError.field("prompt", found: "nothing", expected: "a text")
    }
    var tokens = try tokenizer.encode(text, special: .parse)
    if adds, tokenizer.addsBeginningOfSequence, let first = tokenizer.beginningOfSequence, tokens.first != first {
      tokens.insert(first, at: 0)
    }
    return HTTPResponse([
      "tokens": .array(tokens.map(JSONValue.integer)), "count": .integer(tokens.count),
      "max_model_len": .integer(session.engine.dimensions.positionLimit),
    ])
  }

  /// The text of some tokens.
  func detokenize(_ body: [UInt8]) throws -> HTTPResponse {
    var fields = try RequestFields(body)
    guard let values = fields.value("tokens")?.array else {
      throw APIError.field("tokens", found: "nothing", expected: "token ids")
    }
    let tokens = values.compactMap(\.integer), known = 0..<tokenizer.vocabularySize
    guard tokens.count == values.count, tokens.allSatisfy(known.contains) else {
      throw APIError.field("tokens", found: "others", expected: "token ids below \(known.upperBound)")
    }
    let text = tokenizer.decode(tokens, skippingSpecial: false)
    return HTTPResponse(["prompt": .string(text), "content": .string(text)])
  }
}
