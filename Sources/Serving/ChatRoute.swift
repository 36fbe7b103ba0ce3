import Decoding
import FlyingFox
import JSON

/// `POST /v1/chat/completions`.
struct ChatRoute {
  let session: Session
  let request: ChatRequest
  private let frame: ReplyFrame

  init(_ request: ChatRequest, _ session: Session) {
    self.request = request
    self.session = session
    frame = ReplyFrame("chatcmpl", model: request.sampling.model)
  }

  /// Answers.
  func respond(_ client: Client) async throws -> HTTPResponse {
    let ready = try await session.desk.chat(
      request.instruction, behind: request.earlier, model: request.sampling.model,
      parameters: request.sampling.parameters)
    let events = try session.submit([ready], request.sampling, ranks: request.ranks)
    if request.sampling.isStreamed { return client.stream { await send(events, ready, to: $0) } }
    let answers = try await client.wait { try await events.concurrentAnswers { try await WholeAnswer(reader($0)) } }
    var choices: [JSONValue] = []
    for (index, answer) in answers.enumerated() {
      choices.append([
        "index": .integer(index),
        "message": ["role": "assistant", "content": .string(answer.text), "refusal": .null],
        "logprobs": logProbabilities(answer.tokens), "finish_reason": .string(answer.end.rawValue),
      ])
    }
    var body = frame.object("chat.completion", choices)
    body["usage"] = ReplyFrame.usage([ready], answers: answers.reduce(0) { $0 + $1.count })
    return HTTPResponse(.object(body))
  }

  private func reader(_ events: AsyncStream<LiveEvent>) -> AnswerReader {
    session.reader(events, stop: request.sampling.stop)
  }

  // MARK: As events

  private func send(_ events: [AsyncStream<LiveEvent>], _ ready: MethodDesk.Ready, to sink: EventStream.Sink) async {
    do {
      let counts = try await events.concurrentAnswers(indexed: { index, events in
        send(["role": "assistant", "content": "", "refusal": .null], of: index, to: sink)
        var reader = self.reader(events)
        while let piece = try await reader.next() {
          if !piece.text.isEmpty || !piece.tokens.isEmpty {
            send(["content": .string(piece.text)], of: index, logProbabilities(piece.tokens), to: sink)
          }
          if let end = piece.end {
            send(.object(JSONObject()), of: index, end: end, to: sink)
          }
        }
        return reader.count
      })
      if request.sampling.includesUsage {
        var last = frame.object("chat.completion.chunk", [])
        last["usage"] = ReplyFrame.usage([ready], answers: counts.reduce(0, +))
        sink.send(.object(last))
      }
      sink.send(text: "[DONE]")
    } catch {
      sink.send(APIError(error).json)
    }
  }

  private func send(
    _ delta: JSONValue, of index: Int, _ logProbabilities: JSONValue = .null, end: AnswerReader.End? = nil,
    to sink: EventStream.Sink
  ) {
    var chunk = frame.object(
      "chat.completion.chunk",
      [
        [
          "index": .integer(index), "delta": delta, "logprobs": logProbabilities,
          "finish_reason": end.map { JSONValue.string($0.rawValue) } ?? .null,
        ]
      ])
    if request.sampling.includesUsage { chunk["usage"] = .null }
    sink.send(.object(chunk))
  }

  private func logProbabilities(_ tokens: [AnswerReader.Token]) -> JSONValue {
    guard request.ranks != nil else { return .null }
    let told = LogProbabilities(tokenizer: session.tokenizer)
    return ["content": .array(tokens.compactMap { told.chat($0) }), "refusal": .null]
  }
}

extension [AsyncStream<LiveEvent>] {
  /// Reads all at once; gives what is made of each, in their order.
  func concurrentAnswers<Answer: Sendable>(
    _ read: @escaping @Sendable (AsyncStream<LiveEvent>) async throws -> Answer
  ) async throws -> [Answer] {
    try await concurrentAnswers(indexed: { _, events in try await read(events) })
  }

  /// The same with each one's place.
  func concurrentAnswers<Answer: Sendable>(
    indexed read: @escaping @Sendable (Int, AsyncStream<LiveEvent>) async throws -> Answer
  ) async throws -> [Answer] {
    try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
      for (index, events) in enumerated() { group.addTask { (index, try await read(index, events)) } }
      var answers: [(Int, Answer)] = []
      for try await answer in group { answers.append(answer) }
      return answers.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
