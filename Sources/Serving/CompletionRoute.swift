import Decoding
import EngineContract
import FlyingFox
import Foundation
import JSON
import Tokenization

/// `POST /v1/completions`: what follows texts, and how likely the texts themselves are.
struct CompletionRoute {
  let session: Session
  let request: CompletionRequest
  private let id = "cmpl-" + UUID().uuidString.lowercased().filter { $0 != "-" }
  private let created = Int(Date().timeIntervalSince1970)

  init(_ request: CompletionRequest, _ session: Session) {
    self.request = request
    self.session = session
  }

  /// One answer, when it is there.
  private struct Answer: Sendable {
    var text = ""
    var prompt: [TokenLikelihood] = []
    var tokens: [AnswerReader.Token] = []
    var end = AnswerReader.End.length
    var count = 0
  }

  /// Answers.
  func respond(_ client: Client) async throws -> HTTPResponse {
    var ready: [MethodDesk.Ready] = []
    for prompt in request.prompts {
      ready.append(
        try await session.desk.completion(
          prompt, model: request.sampling.model, parameters: request.sampling.parameters))
    }
    // Prompts of one request are one method's, but for what begins a text.
    let tellsPrompt = request.echoes && request.ranks != nil
    var sampling = request.sampling
    // OpenAI's default here; a chat's answers end by themselves.
    sampling.maximumTokens = sampling.maximumTokens ?? 16
    let events: [AsyncStream<LiveEvent>]
    if sampling.maximumTokens == 0, !tellsPrompt {
      events = []
    } else {
      events = try session.submit(ready, sampling, ranks: request.ranks, tellsPrompt: tellsPrompt)
    }
    if sampling.isStreamed { return client.stream { [ready] in await send(events, ready, to: $0) } }
    let answers =
      events.isEmpty
      ? ready.flatMap { _ in (0..<sampling.count).map { _ in Answer() } }
      : try await client.wait { try await events.concurrentAnswers { try await answer($0) } }
    var choices: [JSONValue] = []
    for (index, answer) in answers.enumerated() {
      choices.append(choice(answer, index, ready[index / sampling.count]))
    }
    var body = frame(choices)
    body["usage"] = usage(ready, answers.reduce(0) { $0 + $1.count })
    return HTTPResponse(.object(body))
  }

  private func answer(_ events: AsyncStream<LiveEvent>) async throws -> Answer {
    var answer = Answer(), reader = session.reader(events, stop: request.sampling.stop)
    while let piece = try await reader.next() {
      answer.text += piece.text
      answer.prompt += piece.prompt
      // As other servers have it, the token that ends an answer is told of, too.
      answer.tokens += piece.tokens + [piece.lastToken].compactMap(\.self)
      if let end = piece.end { answer.end = end }
    }
    answer.count = reader.count
    return answer
  }

  private func choice(_ answer: Answer, _ index: Int, _ ready: MethodDesk.Ready) -> JSONValue {
    let turn = ready.turns[0]
    let echo = request.echoes ? session.tokenizer.decode(turn, skippingSpecial: false) : ""
    var logProbabilities: JSONValue = .null
    if request.ranks != nil {
      let told = LogProbabilities(tokenizer: session.tokenizer)
      var lists = LogProbabilities.Lists()
      if request.echoes, let first = turn.first {
        told.add(first, nil, to: &lists)
        for likelihood in answer.prompt { told.add(likelihood.own.token, likelihood, to: &lists) }
      }
      for token in answer.tokens { told.add(token.id, token.likelihood, to: &lists) }
      logProbabilities = lists.json
    }
    return [
      "index": .integer(index), "text": .string(echo + answer.text), "logprobs": logProbabilities,
      "finish_reason": .string(answer.end.rawValue),
    ]
  }

  // MARK: As events

  private func send(
    _ events: [AsyncStream<LiveEvent>], _ ready: [MethodDesk.Ready], to sink: EventStream.Sink
  ) async {
    let told = LogProbabilities(tokenizer: session.tokenizer)
    do {
      let counts = try await events.concurrentAnswers(indexed: { index, events in
        var reader = session.reader(events, stop: request.sampling.stop), lists = LogProbabilities.Lists()
        while let piece = try await reader.next() {
          var logProbabilities: JSONValue = .null
          if request.ranks != nil {
            var part = LogProbabilities.Lists()
            part.offset = lists.offset
            for token in piece.tokens { told.add(token.id, token.likelihood, to: &part) }
            lists.offset = part.offset
            logProbabilities = part.json
          }
          sink.send(
            .object(
              frame([
                [
                  "index": .integer(index), "text": .string(piece.text), "logprobs": logProbabilities,
                  "finish_reason": piece.end.map { JSONValue.string($0.rawValue) } ?? .null,
                ]
              ])))
        }
        return reader.count
      })
      if request.sampling.includesUsage {
        var last = frame([])
        last["usage"] = usage(ready, counts.reduce(0, +))
        sink.send(.object(last))
      }
      sink.send(text: "[DONE]")
    } catch {
      sink.send(APIError(error).json)
    }
  }

  private func frame(_ choices: [JSONValue]) -> JSONObject {
    var frame = JSONObject()
    frame["id"] = .string(id)
    frame["object"] = "text_completion"
    frame["created"] = .integer(created)
    frame["model"] = .string(request.sampling.model)
    frame["choices"] = .array(choices)
    return frame
  }

  private func usage(_ ready: [MethodDesk.Ready], _ answers: Int) -> JSONValue {
    let prompts = ready.reduce(0) { $0 + $1.promptTokens }
    return [
      "prompt_tokens": .integer(prompts), "completion_tokens": .integer(answers),
      "total_tokens": .integer(prompts + answers),
    ]
  }
}
