import Decoding
import EngineContract
import Evaluation
import FlyingFox
import JSON
import Stages
import Tokenization

/// `POST /antipode/compare`: an answer token by token, with what the method did at each. Greedy, so that methods are
/// compared and not draws.
struct CompareRoute {
  let session: Session
  private let model: String
  private let instruction: String
  private let maximumTokens: Int?
  private let parameters: JSONObject

  /// Reads a body.
  init(_ body: [UInt8], _ session: Session) throws(APIError) {
    self.session = session
    var fields = try RequestFields(body)
    guard let model = try fields.text("model") else {
      throw .field("model", found: "nothing", expected: "a name that GET /antipode/models lists")
    }
    guard let instruction = try fields.text("instruction") else {
      throw .field("instruction", found: "nothing", expected: "a text")
    }
    self.model = model
    self.instruction = instruction
    maximumTokens = try fields.integer("max_tokens", in: 1...1_000_000)
    parameters = fields.section(SamplingFields.methodFields)
    try fields.finish()
  }

  /// Answers with events: one for each token, and a last one.
  func respond(_ client: Client) async throws -> HTTPResponse {
    let ready = try await session.desk.chat(instruction, behind: [], model: model, parameters: parameters)
    let sampling = SamplingFields(greedy: model, maximumTokens: maximumTokens)
    let events = try session.submit([ready], sampling, tellsSteps: true)
    return client.stream { [ready] sink in
      for events in events { await send(events, ready, to: sink) }
    }
  }

  private func send(_ events: AsyncStream<LiveEvent>, _ ready: MethodDesk.Ready, to sink: EventStream.Sink) async {
    var text = TextStream(session.tokenizer), answer = ""
    for await event in events {
      switch event {
      case .token(let token, _, let step):
        let piece = text.append(token)
        answer += piece
        if let step { sink.send(self.event(of: step, text: piece)) }
      case .ended(let last, _):
        answer += text.finish()
        sink.send([
          "done": true, "ended": .boolean(last != nil), "weakens_safety": .boolean(ready.weakensSafety),
          "refused": .boolean(RefusalJudge().verdict(on: answer).label == .refused),
        ])
        sink.send(text: "[DONE]")
      case .failed(let error): sink.send(APIError(error).json)
      case .prompt: break
      }
    }
  }

  private func event(of step: TokenStep, text: String) -> JSONValue {
    [
      "token": .integer(step.token), "text": .string(text), "probability": .number(step.probability),
      "streams": .array(step.streamProbabilities.map(JSONValue.number)), "favorite": .integer(step.favorite),
      "favorite_text": .string(session.tokenizer.decode([step.favorite], skippingSpecial: false)),
      "favorite_before": .number(step.favoriteBefore), "favorite_after": .number(step.favoriteAfter),
    ]
  }
}

extension SamplingFields {
  /// One greedy answer.
  init(greedy model: String, maximumTokens: Int?) {
    self.init(
      model: model, parameters: JSONObject(), maximumTokens: maximumTokens, temperature: 0, topP: 1, topK: 0, seed: 0,
      count: 1, stop: [], isStreamed: true, includesUsage: false)
  }
}
