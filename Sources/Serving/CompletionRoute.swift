import Decoding
import EngineContract
import FlyingFox
import JSON
import Tokenization

/// `POST /v1/completions`: what follows texts, and how likely the texts themselves are.
struct CompletionRoute {
  let session: Session
  let request: CompletionRequest
  private let frame: ReplyFrame

  init(_ request: CompletionRequest, _ session: Session) {
    self.request = request
    self.session = session
    frame = ReplyFrame("cmpl", model: request.sampling.model)
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
      ? ready.flatMap { _ in (0..<sampling.count).map { _ in WholeAnswer() } }
      : try await client.wait { try await events.concurrentAnswers { try await WholeAnswer(reader($0)) } }
    var choices: [JSONValue] = []
    for (index, answer) in answers.enumerated() {
      choices.append(choice(answer, index, ready[index / sampling.count]))
    }
    var body = frame.object(Self.name, choices)
    body["usage"] = ReplyFrame.usage(ready, answers: answers.reduce(0) { $0 + $1.count })
    return HTTPResponse(.object(body))
  }

  private static let name = "text_completion"

  private func reader(_ events: AsyncStream<LiveEvent>) -> AnswerReader {
    session.reader(events, stop: request.sampling.stop)
  }

  private func choice(_ answer: WholeAnswer, _ index: Int, _ ready: MethodDesk.Ready) -> JSONValue {
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
      // As other servers have it, the token that ends an answer is told of, too.
      for token in answer.tokens + [answer.lastToken].compactMap(\.self) {
        told.add(token.id, token.likelihood, to: &lists)
      }
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
        var reader = self.reader(events), lists = LogProbabilities.Lists()
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
              frame.object(
                Self.name,
                [
                  [
                    "index": .integer(index), "text": .string(piece.text), "logprobs": logProbabilities,
                    "finish_reason": piece.end.map { JSONValue.string($0.rawValue) } ?? .null,
                  ]
                ])))
        }
        return reader.count
      })
      if request.sampling.includesUsage {
        var last = frame.object(Self.name, [])
        last["usage"] = ReplyFrame.usage(ready, answers: counts.reduce(0, +))
        sink.send(.object(last))
      }
      sink.send(text: "[DONE]")
    } catch {
      sink.send(APIError(error).json)
    }
  }
}
