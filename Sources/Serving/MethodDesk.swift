import Compute
import Decoding
import EngineContract
import Evaluation
import Experiments
import Foundation
import JSON
import NativeEngine
import Pipeline
import Stages
import Tokenization

/// Finds methods by their identifiers and makes requests ready for the batch. An actor, since what makes methods ready
/// is no value.
actor MethodDesk {
  /// A method that clients can name.
  struct Listed: Sendable {
    var id: String
    var title: String
    var weakensSafety: Bool
    var takesAlpha: Bool
  }

  /// A request that is ready.
  struct Ready: Sendable {
    var method: LiveMethod
    var turns: StreamTurns
    /// Positions of the first stream's prompt and turn.
    var promptTokens: Int
    /// How many tokens an answer may have.
    var room: Int
    var weakensSafety: Bool
  }

  private let served: ServedModel
  private let allowsAdversarial: Bool
  /// Called once for each method that weakens safety, with its name, when it is asked for first.
  private let note: @Sendable (String) -> Void
  private var noted: Set<String> = []
  private var prepared: [(key: String, method: PreparedMethod)] = []
  private var live: [(key: String, method: LiveMethod)] = []

  private static let mostKept = 64

  init(_ served: sending ServedModel, allowsAdversarial: Bool, note: @escaping @Sendable (String) -> Void) {
    self.served = served
    self.allowsAdversarial = allowsAdversarial
    self.note = note
  }

  private var name: String { served.engine.modelName }

  /// The methods that can be made ready, and may be.
  func list() -> [Listed] {
    DecodingMethod.allCases.compactMap { method in
      guard allowsAdversarial || !method.weakensSafety, (try? self.method(settings(method.name, JSONObject()))) != nil
      else { return nil }
      let takesAlpha = method.rule != .single || method.addsDirection
      let alpha = takesAlpha ? "-" + JSONValue.canonicalNumber(method.alpha) : ""
      return Listed(
        id: "\(name):\(method.name)\(alpha)", title: method.title, weakensSafety: method.weakensSafety,
        takesAlpha: takesAlpha)
    }
  }

  // MARK: Requests

  /// An instruction behind earlier messages.
  /// - Throws: `APIError` for what can't be asked; what makes methods ready throws.
  func chat(
    _ instruction: String, behind earlier: [ConversationMessage], model: String, parameters: JSONObject
  ) throws -> Ready {
    let settings = try settings(of: model, parameters), prepared = try known(settings)
    let request = Instruction(id: "", instruction: instruction, earlier: earlier.isEmpty ? nil : earlier)
    let own = try prepared.method.shared(by: [request])
    return try ready(settings, own.setup, key: prepared.key, turns: try own.turns(request))
  }

  /// A text as it is, without a conversation: what a method's streams say stands before it.
  func completion(_ prompt: CompletionRequest.Prompt, model: String, parameters: JSONObject) throws -> Ready {
    let settings = try settings(of: model, parameters), prepared = try known(settings)
    let tokenizer = served.engine.tokenizer
    var turn: [Int], beginning: [Int] = []
    switch prompt {
    case .tokens(let ids): turn = ids
    case .text(let text):
      turn = try tokenizer.encode(text, special: .parse)
      if tokenizer.addsBeginningOfSequence, let first = tokenizer.beginningOfSequence, turn.first != first {
        beginning = [first]
      }
    }
    var setup = prepared.method.setup
    let streams = settings.methodParameters.streams
    let says = try zip(streams, setup.streams).map { try spoken($0.prompt, of: $1) }
    // What begins a sequence stands before all else.
    if says.allSatisfy(\.isEmpty) {
      turn = beginning + turn
      beginning = []
    }
    for index in says.indices { setup.streams[index].prompt = [.tokens(beginning)] + says[index] }
    guard !turn.isEmpty else { throw APIError.field("prompt", found: "no tokens", expected: "at least one") }
    return try ready(
      settings, setup, key: "completion \(beginning) \(prepared.key)", turns: StreamTurns([turn]))
  }

  /// What a stream says before a text without a conversation.
  private func spoken(_ prompt: StreamPrompt, of stream: EngineStream) throws -> [PromptPart] {
    func text(_ text: String) throws -> [PromptPart] {
      [.tokens(try served.engine.tokenizer.encode(text + "\n\n", special: .asText))]
    }
    switch prompt {
    case .absent, .null: return []
    case .manual(let manual): return try text(try served.systemPrompt(manual))
    case .fixed(let words): return try text(words)
    case .tuned: return stream.prompt.filter { if case .rows = $0 { true } else { false } }
    case .demonstrations, .reminder, .enclosed:
      throw APIError(
        400, "model: the method frames instructions, so it needs a conversation; use /v1/chat/completions",
        parameter: "model", code: "chat_only")
    }
  }

  private func ready(
    _ settings: DecodingSettings, _ setup: MethodSetup, key: String, turns: StreamTurns
  ) throws -> Ready {
    let key = key + " " + setup.streams.map { "\($0.prompt.map(\.length))" }.joined(separator: " ")
    let method: LiveMethod
    if let place = live.firstIndex(where: { $0.key == key }) {
      method = live[place].method
    } else {
      method = try served.engine.liveMethod(setup, key: key)
      live.append((key, method))
      if live.count > Self.mostKept { live.removeFirst() }
    }
    return Ready(
      method: method, turns: turns, promptTokens: method.streams[0].open.prompt.rows + turns[0].count,
      room: method.room(for: turns), weakensSafety: settings.method.weakensSafety)
  }

  // MARK: Methods

  private func known(_ settings: DecodingSettings) throws -> (key: String, method: PreparedMethod) {
    do {
      return try method(settings)
    } catch let error as APIError {
      throw error
    } catch {
      throw APIError(
        404, "model: this server does not have the method \(settings.method.name). \(error)", parameter: "model",
        code: "model_not_found")
    }
  }

  private func method(_ settings: DecodingSettings) throws -> (key: String, method: PreparedMethod) {
    let key = try JSONValue(encoding: settings.methodParameters).canonical
    if let known = prepared.first(where: { $0.key == key }) { return known }
    let made = (key: key, method: try served.prepare(settings))
    prepared.append(made)
    if prepared.count > Self.mostKept { prepared.removeFirst() }
    return made
  }

  /// What an identifier and a request's fields say.
  private func settings(of model: String, _ parameters: JSONObject) throws -> DecodingSettings {
    let start = name + ":"
    guard model.hasPrefix(start) else { throw unknown(model) }
    var rest = String(model.dropFirst(start.count)), own = JSONObject()
    if DecodingMethod(rawValue: rest) == nil, let dash = rest.lastIndex(of: "-"),
      let alpha = Double(rest[rest.index(after: dash)...]), alpha.isFinite
    {
      own["alpha"] = .number(alpha)
      rest = String(rest[..<dash])
    }
    guard let method = DecodingMethod(rawValue: rest) else { throw unknown(model) }
    for member in parameters.members { own[member.key] = member.value }
    let settings = try settings(rest, own)
    if method.weakensSafety {
      guard allowsAdversarial else {
        throw APIError(
          403,
          "model: the method \(rest) makes the model answer harmful requests that it would refuse by itself. This "
            + "server was not started with --allow-adversarial, so it does not answer under it.", parameter: "model",
          code: "adversarial_method")
      }
      if noted.insert(rest).inserted { note(rest) }
    }
    return settings
  }

  private func settings(_ method: String, _ parameters: JSONObject) throws(APIError) -> DecodingSettings {
    var section = served.section
    for member in parameters.members { section[member.key] = member.value }
    section["method"] = .string(method)
    do {
      return try DecodingSettings(.object(section))
    } catch {
      let place = error.place.hasPrefix("decoding.") ? String(error.place.dropFirst("decoding.".count)) : error.place
      throw .field(place, found: error.found, expected: error.expected)
    }
  }

  private func unknown(_ model: String) -> APIError {
    APIError(
      404, "model: found \"\(model.prefix(200))\", expected \(name):METHOD; GET /v1/models lists them",
      parameter: "model", code: "model_not_found")
  }
}

extension PromptPart {
  /// The number of positions.
  fileprivate var length: Int {
    switch self {
    case .tokens(let tokens): tokens.count
    case .rows(let rows): rows.rows
    }
  }
}
