import FlyingFox
import FlyingSocks
import Foundation
import Stages
import Synchronization
import TestServer
import Testing

@testable import Evaluation

private let patience = LocalServer.patience

/// A judge behind a real HTTP server in this process, which also fails, stalls and lies.
struct ChatEndpointTests {
  /// What the server saw and does.
  private final class Server: Sendable {
    struct Seen {
      var bodies: [[String: String]] = []
      var keys: [String?] = []
      var visits = 0
      var atOnce = 0
      var mostAtOnce = 0
    }
    let seen = Mutex(Seen())

    func note(_ request: HTTPRequest) async throws -> String {
      let body = try JSONSerialization.jsonObject(with: await request.bodyData) as? [String: Any] ?? [:]
      let content = (body["messages"] as? [[String: String]])?.first?["content"] ?? ""
      seen.withLock {
        $0.visits += 1
        $0.keys.append(request.headers[.authorization])
        $0.bodies.append(body.mapValues { "\($0)" })
      }
      return content
    }
  }

  private static func completion(_ text: String?, finish: String = "stop") throws -> HTTPResponse {
    let message: [String: Any] = ["role": "assistant", "content": text.map { $0 as Any } ?? NSNull()]
    let body: [String: Any] = [
      "id": "x", "model": "judge-1-dated", "object": "chat.completion",
      "choices": [["index": 0, "message": message, "finish_reason": finish]],
    ]
    return HTTPResponse(
      statusCode: .ok, headers: [.contentType: "application/json"],
      body: try JSONSerialization.data(withJSONObject: body))
  }

  private static func failure(_ status: HTTPStatusCode, _ message: String, after: String? = nil) throws -> HTTPResponse
  {
    var headers = HTTPHeaders([.contentType: "application/json"])
    if let after { headers[HTTPHeader("Retry-After")] = after }
    return HTTPResponse(
      statusCode: status, headers: headers,
      body: try JSONSerialization.data(withJSONObject: ["error": ["message": message]]))
  }

  /// Runs the body with a server that answers by `handle`, given how many requests came before.
  private func withServer(
    _ handle: @escaping @Sendable (String, Int) async throws -> HTTPResponse,
    _ body: (String, Server) async throws -> Void
  ) async throws {
    let state = Server()
    try await LocalServer.run { server in
      await server.appendRoute("POST /v1/chat/completions") { request in
        let content = try await state.note(request)
        let visit = state.seen.withLock { seen in
          seen.atOnce += 1
          seen.mostAtOnce = max(seen.mostAtOnce, seen.atOnce)
          return seen.visits
        }
        defer { state.seen.withLock { $0.atOnce -= 1 } }
        return try await handle(content, visit)
      }
    } _: { address in
      try await body("\(address)/v1", state)
    }
  }

  private func endpoint(
    _ address: String, key: String? = "sk-secret", parameters: String = "{}", retries: Int = 3,
    timeout: Double = patience
  ) -> ChatEndpoint {
    var endpoint = ChatEndpoint(
      baseURL: address, model: "judge-1", key: .success(key), parameters: Data(parameters.utf8))
    endpoint.retries = retries
    endpoint.timeout = timeout
    endpoint.pause = 0.01
    return endpoint
  }

  @Test func asksAsTheProtocolSays() async throws {
    try await withServer({ content, _ in try Self.completion("re: \(content)") }) { address, server in
      let replies = try await endpoint(address).replies(to: ["hello <b>"], maximumTokens: 7, cache: nil)
      #expect(replies == [ChatReply(text: "re: hello <b>", finish: "stop", model: "judge-1-dated")])
      let seen = server.seen.withLock { $0 }
      #expect(seen.keys == ["Bearer sk-secret"])
      #expect(seen.bodies[0]["model"] == "judge-1" && seen.bodies[0]["max_tokens"] == "7")
      #expect(seen.bodies[0]["temperature"] == "0")
    }
  }

  @Test func sendsNoKeyWhereNoneIsWanted() async throws {
    try await withServer({ _, _ in try Self.completion("yes") }) { address, server in
      _ = try await endpoint(address, key: nil).replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(server.seen.withLock { $0.keys } == [nil])
    }
  }

  @Test func parametersAddAndRemove() async throws {
    let parameters = #"{"temperature": null, "max_tokens": null, "max_completion_tokens": 50, "seed": 3}"#
    try await withServer({ _, _ in try Self.completion("yes") }) { address, server in
      _ = try await endpoint(address, parameters: parameters).replies(to: ["?"], maximumTokens: 7, cache: nil)
      let body = server.seen.withLock { $0.bodies[0] }
      #expect(body["max_completion_tokens"] == "50" && body["seed"] == "3")
      #expect(body["temperature"] == nil && body["max_tokens"] == nil)
    }
  }

  @Test func manyAreAskedAtATimeAndComeInOrder() async throws {
    // Each round of three is answered once all three are there, the last first: a client that asks for one after the
    // other waits in vain, and fails by its own deadline.
    let rounds = Rounds(of: 3)
    try await withServer({ content, _ in
      await rounds.arrive()
      return try Self.completion(content)
    }) { address, server in
      var endpoint = endpoint(address, retries: 0)
      endpoint.concurrency = 3
      let texts = (0..<12).map { "text \($0)" }, told = Mutex(0)
      let replies = try await endpoint.replies(
        to: texts, maximumTokens: 7, cache: nil, onReply: { told.withLock { $0 += 1 } })
      #expect(replies.map(\.text) == texts)
      #expect(told.withLock { $0 } == 12)
      let most = server.seen.withLock { $0.mostAtOnce }
      #expect(most == 3)
    }
  }

  @Test(arguments: [429, 500, 502, 503, 408])
  func whatPassesIsTriedAgain(status: Int) async throws {
    try await withServer({ _, visit in
      visit <= 2
        ? try Self.failure(HTTPStatusCode(status, phrase: "Bad"), "later", after: "0") : try Self.completion("at last")
    }) { address, server in
      let replies = try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(replies.map(\.text) == ["at last"])
      #expect(server.seen.withLock { $0.visits } == 3)
    }
  }

  @Test func theServersOwnPauseIsKept() async throws {
    try await withServer({ _, visit in
      visit == 1 ? try Self.failure(.tooManyRequests, "slowly", after: "17") : try Self.completion("yes")
    }) { address, _ in
      let waited = Waits()
      var endpoint = endpoint(address)
      endpoint.wait = { seconds in waited.seconds.withLock { $0.append(seconds) } }
      _ = try await endpoint.replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(waited.seconds.withLock { $0 } == [17])
    }
  }

  @Test func whatFailsAgainAndAgainEnds() async throws {
    try await withServer({ _, _ in try Self.failure(.serviceUnavailable, "down\nfor good") }) { address, server in
      let error = ChatEndpointError.failed(
        address: "\(address)/chat/completions", attempts: 3, reason: "HTTP status 503 (down for good)")
      await #expect(throws: error) {
        try await endpoint(address, retries: 2).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      #expect(server.seen.withLock { $0.visits } == 3)
      #expect("\(error)".contains("no usable reply in 3 attempts; the last one: HTTP status 503 (down for good)"))
    }
  }

  @Test(arguments: [400, 401, 403, 404, 422])
  func whatNeverPassesIsNotTriedAgain(status: Int) async throws {
    try await withServer({ _, _ in
      try Self.failure(HTTPStatusCode(status, phrase: "No"), "Incorrect key sk-secret provided")
    }) { address, server in
      let error = await #expect(throws: ChatEndpointError.self) {
        try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      #expect(server.seen.withLock { $0.visits } == 1)
      let message = error.map { "\($0)" } ?? ""
      #expect(message.contains("HTTP status \(status) (Incorrect key … provided)"))
      #expect(!message.contains("sk-secret"), "the key is told")
    }
  }

  @Test(arguments: [
    "<html>Welcome</html>", "{}", #"{"choices": []}"#, #"{"choices": "none"}"#, "", "[1, 2", #"{"choices": [{}]}"#,
  ])
  func aBodyThatIsNoCompletionIsNoReply(body: String) async throws {
    try await withServer({ _, visit in
      visit == 1 ? HTTPResponse(statusCode: .ok, body: Data(body.utf8)) : try Self.completion("yes")
    }) { address, server in
      let replies = try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(replies.map(\.text) == ["yes"] && server.seen.withLock { $0.visits } == 2)
      let error = await #expect(throws: ChatEndpointError.self) {
        server.seen.withLock { $0.visits = 0 }
        _ = try await endpoint(address, retries: 0).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      #expect(error.map { "\($0)" }?.contains("a body that is no chat completion") == true)
    }
  }

  @Test(arguments: ["content_filter", "context_length_exceeded"])
  func aRequestThatIsNotAnsweredIsAReplyWithoutVerdict(code: String) async throws {
    try await withServer({ content, _ in
      guard content == "bad" else { return try Self.completion("yes") }
      let error = ["error": ["message": "The prompt was filtered", "code": code]]
      return HTTPResponse(statusCode: .badRequest, body: try JSONSerialization.data(withJSONObject: error))
    }) { address, _ in
      let replies = try await endpoint(address).replies(to: ["good", "bad", "good"], maximumTokens: 7, cache: nil)
      #expect(replies.map(\.text) == ["yes", "", "yes"] && replies[1].finish == code)
    }
  }

  /// As llama.cpp, vLLM (its newer and its older form), Azure and OpenRouter say it.
  @Test(arguments: [
    (
      400, "context_length_exceeded",
      #"{"error":{"code":400,"message":"the request exceeds the available context "#
        + #"size","type":"exceed_context_size_error"}}"#
    ),
    (
      400, "context_length_exceeded",
      #"{"error":{"message":"This model's maximum context length is 4096 "#
        + #"tokens.","type":"BadRequestError","code":400}}"#
    ),
    (
      400, "context_length_exceeded",
      #"{"object":"error","message":"This model's maximum context length is 4096 tokens.","param":null,"code":400}"#
    ),
    (
      400, "content_filter",
      #"{"error":{"code":null,"message":"The prompt triggered Azure OpenAI's content management policy."}}"#
    ),
    (
      403, "content_filter",
      #"{"error":{"code":403,"message":"x requires moderation. Your input was flagged for y"}}"#
    ),
  ]) func serversSayItInManyForms(status: Int, reason: String, body: String) async throws {
    try await withServer({ content, _ in
      guard content == "bad" else { return try Self.completion("yes") }
      return HTTPResponse(statusCode: HTTPStatusCode(status, phrase: "No"), body: Data(body.utf8))
    }) { address, _ in
      let replies = try await endpoint(address).replies(to: ["good", "bad", "good"], maximumTokens: 7, cache: nil)
      #expect(replies.map(\.text) == ["yes", "", "yes"] && replies[1].finish == reason)
    }
  }

  /// What concerns who asks, or how, fails the stage as before.
  @Test(arguments: [
    (401, #"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#),
    (403, #"{"error":{"message":"Your account was flagged","code":403}}"#), (400, #"{"message":"no such model"}"#),
    (404, "not json"),
  ]) func otherRefusalsEndTheStage(status: Int, body: String) async throws {
    try await withServer({ _, _ in
      HTTPResponse(statusCode: HTTPStatusCode(status, phrase: "No"), body: Data(body.utf8))
    }) { address, _ in
      let error = await #expect(throws: ChatEndpointError.self) {
        try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      guard case .refused(_, status, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func aContentOfPartsIsTheirText() async throws {
    let content = #"[{"type":"text","text":"<verdict>"},{"type":"image"},{"type":"text","text":"harmless</verdict>"}]"#
    let body = #"{"choices":[{"message":{"role":"assistant","content":\#(content)},"finish_reason":"stop"}]}"#
    try await withServer({ _, _ in HTTPResponse(statusCode: .ok, body: Data(body.utf8)) }) { address, _ in
      let replies = try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(replies.map(\.text) == ["<verdict>harmless</verdict>"])
    }
  }

  @Test func theKeyMattersWithTheFirstRequestThatIsNotInTheCache() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let cache = ReplyCache(folder)
    try await withServer({ _, _ in try Self.completion("yes") }) { address, _ in
      _ = try await endpoint(address).replies(to: ["a"], maximumTokens: 7, cache: cache)
      let error = ChatEndpointError.noKey(variable: "V", address: address)
      let keyless = ChatEndpoint(baseURL: address, model: "judge-1", key: .failure(error))
      #expect(try await keyless.replies(to: ["a"], maximumTokens: 7, cache: cache).map(\.text) == ["yes"])
      await #expect(throws: error) { try await keyless.replies(to: ["a", "b"], maximumTokens: 7, cache: cache) }
    }
  }

  @Test func pausesOfServersAreRead() throws {
    #expect(ChatEndpoint.seconds(until: "7") == 7)
    for text in ["nan", "inf", "soon", ""] { #expect(ChatEndpoint.seconds(until: text) == nil) }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let wait = try #require(ChatEndpoint.seconds(until: formatter.string(from: Date().addingTimeInterval(90))))
    #expect((80...91).contains(wait))
  }

  @Test func aReplyWithoutTextIsAReplyWithoutVerdict() async throws {
    try await withServer({ _, _ in try Self.completion(nil, finish: "content_filter") }) { address, _ in
      let replies = try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
      #expect(replies == [ChatReply(text: "", finish: "content_filter", model: "judge-1-dated")])
      #expect(JudgeQuestion.harmlessness.verdict(in: replies[0].text) == nil)
    }
  }

  @Test func oneFailureEndsTheOthers() async throws {
    try await withServer({ content, _ in
      if content == "bad" { return try Self.failure(.badRequest, "no") }
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...20)))
      return try Self.completion("yes")
    }) { address, _ in
      var endpoint = endpoint(address)
      endpoint.concurrency = 8
      // Cancelled at all stages of their way: none may be waited for forever.
      for round in 0..<60 {
        let texts = (0..<8).map { $0 == round % 8 ? "bad" : "good" }
        await #expect(throws: ChatEndpointError.self) {
          try await endpoint.replies(to: texts, maximumTokens: 7, cache: nil)
        }
      }
    }
  }

  @Test func whatIsCancelledEnds() async throws {
    let (visits, arrived) = AsyncStream.makeStream(of: Int.self)
    try await withServer({ _, visit in
      arrived.yield(visit)
      try await Task.sleep(for: .seconds(30))
      return try Self.completion("late")
    }) { address, _ in
      var arrivals = visits.makeAsyncIterator()
      // Before anything is asked, once the first request is there, and once both are.
      for count in 0...2 {
        let task = Task { [endpoint = endpoint(address)] in
          try await endpoint.replies(to: ["a", "b"], maximumTokens: 7, cache: nil)
        }
        for _ in 0..<count { _ = await arrivals.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
      }
    }
  }

  @Test func aServerThatStallsIsLeft() async throws {
    try await withServer({ _, _ in
      try await Task.sleep(for: .seconds(30))
      return try Self.completion("late")
    }) { address, _ in
      let start = ContinuousClock.now
      let error = await #expect(throws: ChatEndpointError.self) {
        try await endpoint(address, retries: 1, timeout: 0.5).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      #expect(error.map { "\($0)" }?.contains("in 2 attempts") == true)
      #expect(ContinuousClock.now - start >= .seconds(1))
    }
  }

  @Test func aServerThatDripsIsLeft() async throws {
    try await withServer({ _, _ in
      HTTPResponse(statusCode: .ok, body: HTTPBodySequence(from: Drip(), count: 1_000_000))
    }) { address, _ in
      let error = await #expect(throws: ChatEndpointError.self) {
        try await endpoint(address, retries: 0, timeout: 1).replies(to: ["?"], maximumTokens: 7, cache: nil)
      }
      #expect(error.map { "\($0)" }?.contains("no whole reply in 1 seconds") == true)
    }
  }

  @Test func aKeyIsNotSentElsewhere() async throws {
    try await withServer({ _, _ in try Self.completion("stolen") }) { thief, robbed in
      try await withServer({ _, _ in
        HTTPResponse(
          statusCode: .temporaryRedirect, headers: HTTPHeaders([.location: "\(thief)/chat/completions"]))
      }) { address, _ in
        let error = await #expect(throws: ChatEndpointError.self) {
          try await endpoint(address).replies(to: ["?"], maximumTokens: 7, cache: nil)
        }
        guard case .refused(_, 307, _) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(robbed.seen.withLock { $0.visits } == 0)
      }
    }
  }

  @Test func noServerIsToldAfterSomeAttempts() async throws {
    let error = await #expect(throws: ChatEndpointError.self) {
      try await endpoint("http://127.0.0.1:1/v1", retries: 1).replies(to: ["?"], maximumTokens: 7, cache: nil)
    }
    #expect(
      error.map { "\($0)" }?.hasPrefix("http://127.0.0.1:1/v1/chat/completions: no usable reply in 2 attempts") == true)
  }

  @Test func whatWasRepliedIsNotAskedAgain() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let cache = ReplyCache(folder)
    try await withServer({ content, visit in
      visit == 3 ? try Self.failure(.badRequest, "no") : try Self.completion("\(content) \(visit)")
    }) { address, server in
      var endpoint = endpoint(address)
      endpoint.concurrency = 1
      // The third fails; the two before are kept.
      await #expect(throws: ChatEndpointError.self) {
        try await endpoint.replies(to: ["a", "b", "c"], maximumTokens: 7, cache: cache)
      }
      let replies = try await endpoint.replies(to: ["a", "b", "c"], maximumTokens: 7, cache: cache)
      #expect(replies.map(\.text) == ["a 1", "b 2", "c 4"])
      #expect(server.seen.withLock { $0.visits } == 4)
      // Another length, another model and other parameters are other questions.
      _ = try await endpoint.replies(to: ["a"], maximumTokens: 8, cache: cache)
      _ = try await self.endpoint(address, parameters: #"{"seed": 1}"#).replies(
        to: ["a"], maximumTokens: 7, cache: cache)
      #expect(server.seen.withLock { $0.visits } == 6)
      // Neither key nor place in the list are.
      let again = try await self.endpoint(address, key: "sk-other").replies(
        to: ["b", "a"], maximumTokens: 7, cache: cache)
      #expect(again.map(\.text) == ["b 2", "a 1"] && server.seen.withLock { $0.visits } == 6)
      let files =
        FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
      for file in files where file.pathExtension == "json" {
        #expect(try !String(contentsOf: file, encoding: .utf8).contains("sk-"))
      }
    }
  }
}

/// What was waited for.
private final class Waits: Sendable {
  let seconds = Mutex<[Double]>([])
}

/// Holds who arrives until so many have, and lets them go, the last first.
private actor Rounds {
  private let size: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(of size: Int) { self.size = size }

  func arrive() async {
    await withCheckedContinuation { continuation in
      waiting.append(continuation)
      guard waiting.count == size else { return }
      for continuation in waiting.reversed() { continuation.resume() }
      waiting = []
    }
  }
}

/// A body that never ends.
private struct Drip: AsyncBufferedSequence, Sendable {
  typealias Element = UInt8

  struct Iterator: AsyncBufferedIteratorProtocol {
    mutating func next() async throws -> UInt8? {
      try await Task.sleep(for: .milliseconds(100))
      return UInt8(ascii: " ")
    }

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
      try await next().map { [$0] }
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator() }
}
