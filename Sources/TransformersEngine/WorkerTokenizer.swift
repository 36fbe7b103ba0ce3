import Foundation
import JSON
import Synchronization
import Tokenization

/// A model's own tokenizer and template, as the worker runs them.
final class WorkerTokenizer: OwnTokenizer {
  let description: TokenizerDescription
  private let path: String
  private let worker: TextWorker
  private let lastFailure = Mutex<TokenizationError?>(nil)

  /// What failed at last beside what was asked.
  var failure: TokenizationError? { lastFailure.withLock { $0 } }

  init(path: String, description: TokenizerDescription, worker: TextWorker) {
    self.path = path
    self.description = description
    self.worker = worker
  }

  func encode(
    _ pieces: [TextPiece], continuing: Bool, withheld: Set<Int>
  ) throws(TokenizationError) -> [Int] {
    var arguments = JSONObject()
    arguments["pieces"] = .array(pieces.map { [.string($0.text), .boolean($0.special == .parse)] })
    arguments["continuing"] = .boolean(continuing)
    arguments["withheld"] = .array(withheld.sorted().map(JSONValue.integer))
    guard let tokens = try call("encode", arguments)["tokens"]?.array else { throw fault("encode") }
    return tokens.compactMap(\.integer)
  }

  func decode(_ tokens: [Int], skippingSpecial: Bool) throws(TokenizationError) -> String {
    var arguments = JSONObject()
    arguments["tokens"] = .array(tokens.map(JSONValue.integer))
    arguments["skipsSpecial"] = .boolean(skippingSpecial)
    guard let text = try call("decode", arguments)["text"]?.string else { throw fault("decode") }
    return text
  }

  func render(
    _ template: String, messages: [JSONValue], variables: JSONObject, day: (year: Int, month: Int, day: Int)
  ) throws(OwnTemplateError) -> String {
    let arguments: JSONValue = [
      "template": .string(template), "messages": .array(messages), "variables": .object(variables),
      "day": [.integer(day.year), .integer(day.month), .integer(day.day)],
    ]
    do {
      let found = try worker.call("render", of: path, arguments.object ?? JSONObject())
      guard let text = found["text"]?.string else { throw fault("render") }
      return text
    } catch TransformersError.request(let message) {
      throw OwnTemplateError(problem: message)
    } catch {
      let failure = error as? TokenizationError ?? .ownTokenizer(problem: "\(error)")
      lastFailure.withLock { $0 = failure }
      throw OwnTemplateError(problem: "\(error)")
    }
  }

  private func call(_ name: String, _ arguments: JSONObject) throws(TokenizationError) -> JSONValue {
    do {
      return try worker.call(name, of: path, arguments)
    } catch {
      throw .ownTokenizer(problem: "\(error)")
    }
  }

  private func fault(_ call: String) -> TokenizationError {
    .ownTokenizer(problem: "the worker's reply to \(call) says nothing; please report it")
  }
}

extension TokenizerDescription {
  /// What the worker tells of a model's own tokenizer.
  init(own found: JSONValue, path: String) throws {
    guard let tokens = found["tokens"]?.array, let kinds = found["kinds"]?.array, tokens.count == kinds.count else {
      throw TransformersError.fault("it tells no vocabulary of \(path)", log: "standard error")
    }
    let end = found["end"]?.integer
    // As of ours: the first other one ends a turn.
    let others = (found["ends"]?.array ?? []).compactMap(\.integer).filter { $0 != end }
    self.init(
      kind: Self.ownKind, preTokenizer: "default", tokens: tokens.map { $0.string ?? "" },
      tokenKinds: kinds.map { $0.integer ?? 0 }, merges: [], beginningOfSequence: found["beginning"]?.integer,
      endOfSequence: end, endOfTurn: others.first, otherEnds: others.dropFirst().sorted(),
      unknown: found["unknown"]?.integer, addsBeginningOfSequence: found["addsBeginning"] == .boolean(true),
      chatTemplate: found["chatTemplate"]?.string)
    for pair in found["flags"]?.array ?? [] {
      guard let place = pair.array?.first?.integer, let bits = pair.array?.last?.integer else { continue }
      tokenFlags[place] = TokenFlags(rawValue: UInt8(truncatingIfNeeded: bits))
    }
    library = found["library"]?.string
    self.path = path
  }
}
