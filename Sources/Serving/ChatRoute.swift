import Decoding
import FlyingFox
import Foundation
import JSON

/// `POST /v1/chat/completions`.
struct ChatRoute {
  let session: Session
  let request: ChatRequest
  private let id = "chatcmpl-" + UUID().uuidString.lowercased().filter { $0 != "-" }
  private let created = Int(Date().timeIntervalSince1970)

  init(_ request: ChatRequest, _ session: Session) {
    self.request = request
    self.session = session
  }

  /// One answer, when it is there.
  private struct Answer: Sendable {
    var text = ""
    var tokens: [AnswerReader.Token] = []
    var end = AnswerReader.End.length
    var count = 0
  }

  /// Answers.
  func respond(_ client: Client) async throws -> HTTPResponse {
    let ready = try await session.desk.chat(
      request.instruction, behind: request.earlier, model: request.sampling.model,
      parameters: request.sampling.parameters)
    let events = try session.submit([ready], request.sampling, ranks: request.ranks)
    if request.sampling.isStreamed { return client.stream { await send(events, ready, to: $0) } }
    let answers = try await client.wait { try await events.concurrentAnswers { try await answer($0) } }
    var choices: [JSONValue] = []
    for (index, answer) in answers.enumerated() {
      choices.append([
        "index": .integer(index),
        "message": ["role": "assistant", "content": .string(answer.text), "refusal": .null],
        "logprobs": logProbabilities(answer.tokens), "finish_reason": .string(answer.end.rawValue),
      ])
    }
    var body = frame("chat.completion", choices)
    body["usage"] = usage(ready, answers.reduce(0) { $0 + $1.count })
    return HTTPResponse(.object(body))
  }

  private func answer(_ events: AsyncStream<LiveEvent>) async throws -> Answer {
    var answer = Answer(), reader = session.reader(events, stop: request.sampling.stop)
    while let piece = try await reader.next() {
      answer.text += piece.text
      answer.tokens += piece.tokens
      if let end = piece.end { answer.end = end }
    }
    answer.count = reader.count
    return answer
  }

  // MARK: As events

  private func send(_ events: [AsyncStream<LiveEvent>], _ ready: MethodDesk.Ready, to sink: EventStream.Sink) async {
    do {
      let counts = try await events.concurrentAnswers(indexed: { index, events in
        send(["role": "assistant", "content": "", "refusal": .null], of: index, to: sink)
        var reader = session.reader(events, stop: request.sampling.stop)
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
        var last = frame("chat.completion.chunk", [])
        last["usage"] = usage(ready, counts.reduce(0, +))
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
    var chunk = frame(
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

  // MARK: Parts of either

  private func frame(_ kind: String, _ choices: [JSONValue]) -> JSONObject {
    var frame = JSONObject()
    frame["id"] = .string(id)
    frame["object"] = .string(kind)
    frame["created"] = .integer(created)
    frame["model"] = .string(request.sampling.model)
    frame["choices"] = .array(choices)
    return frame
  }

  private func logProbabilities(_ tokens: [AnswerReader.Token]) -> JSONValue {
    guard request.ranks != nil else { return .null }
    let told = LogProbabilities(tokenizer: session.tokenizer)
    return ["content": .array(tokens.compactMap { told.chat($0) }), "refusal": .null]
  }

  private func usage(_ ready: MethodDesk.Ready, _ answers: Int) -> JSONValue {
    [
      "prompt_tokens": .integer(ready.promptTokens), "completion_tokens": .integer(answers),
      "total_tokens": .integer(ready.promptTokens + answers),
    ]
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
