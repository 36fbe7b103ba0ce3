package import Foundation
import Messages
package import Stages

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A server that speaks OpenAI's protocol for chats (`POST …/chat/completions`): OpenAI's own, vLLM, llama.cpp's
/// server, Ollama and others.
package struct ChatEndpoint: Sendable {
  /// Where requests go.
  package let address: String
  /// The model's name there.
  package let model: String
  /// What else a request says, as the bytes of a JSON object; a `null` in it leaves out what it would say otherwise.
  package let parameters: Data
  /// The key, which is sent and never told; a failure where it should be there and is not, which matters with the first
  /// request that is not answered from the cache.
  private let key: Result<String?, ChatEndpointError>
  /// How many requests are under way at a time.
  package var concurrency = 4
  /// How often a request is repeated that failed for a while.
  package var retries = 5
  /// How long a reply may take, from request to last byte, in seconds.
  package var timeout = 120.0
  /// The pause before the first repetition, in seconds; it doubles with each, up to half a minute. A server that says
  /// how long to wait is waited for as long as it says, up to two minutes.
  package var pause = 1.0
  /// Waits for so many seconds before a repetition.
  var wait: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

  private static let longestPause = 30.0
  private static let longestWait = 120.0
  private static let longestMessage = 200

  /// An endpoint.
  /// - Parameters:
  ///   - baseURL: The address before `/chat/completions`.
  ///   - key: The key, or nil where the server wants none; or why there is none.
  package init(
    baseURL: String, model: String, key: Result<String?, ChatEndpointError>, parameters: Data = Data("{}".utf8)
  ) {
    address = baseURL + "/chat/completions"
    self.model = model
    self.key = key
    self.parameters = parameters
  }

  /// The replies to some texts, each as a conversation of its own, in their order.
  func replies(
    to texts: [String], maximumTokens: Int, cache: ReplyCache?, onReply: @escaping @Sendable () -> Void = {}
  ) async throws -> [ChatReply] {
    try await replies(to: texts.map { [.user($0)] }, maximumTokens: maximumTokens, cache: cache, onReply: onReply)
  }

  /// The replies to some conversations, in their order.
  /// - Parameters:
  ///   - maximumTokens: The longest reply, in tokens.
  ///   - cache: Where replies are looked up before, and kept as they come.
  ///   - onReply: Called once for each reply.
  /// - Throws: ``ChatEndpointError``, or what the cache throws; replies that came before are kept.
  package func replies(
    to conversations: [[ConversationMessage]], maximumTokens: Int, cache: ReplyCache?,
    onReply: @escaping @Sendable () -> Void = {}
  ) async throws -> [ChatReply] {
    let configuration = URLSessionConfiguration.ephemeral
    // The deadline is ours: the session counts whole seconds, and begins anew with every byte.
    configuration.timeoutIntervalForRequest = timeout.rounded(.up) + 60
    configuration.httpMaximumConnectionsPerHost = concurrency
    let session = URLSession(configuration: configuration, delegate: StayingPut(), delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    var replies = [ChatReply?](repeating: nil, count: conversations.count)
    try await withThrowingTaskGroup(of: (Int, ChatReply).self) { group in
      var waiting = conversations.indices.makeIterator()
      func next() {
        guard let index = waiting.next() else { return }
        group.addTask {
          let body = try self.body(conversations[index], maximumTokens: maximumTokens)
          if let reply = cache?.reply(from: address, to: body) { return (index, reply) }
          let reply = try await self.reply(to: body, over: session)
          try cache?.keep(reply, from: address, to: body)
          return (index, reply)
        }
      }
      for _ in 0..<concurrency { next() }
      while let (index, reply) = try await group.next() {
        replies[index] = reply
        onReply()
        next()
      }
    }
    return replies.compactMap(\.self)
  }

  /// A request's body: canonical enough to be a cache's key.
  func body(_ text: String, maximumTokens: Int) throws -> Data {
    try body([.user(text)], maximumTokens: maximumTokens)
  }

  private func body(_ conversation: [ConversationMessage], maximumTokens: Int) throws -> Data {
    var body: [String: Any] = [
      "model": model, "messages": conversation.map { ["role": $0.role.rawValue, "content": $0.content] },
      "temperature": 0,
      "max_tokens": maximumTokens,
    ]
    let also = try JSONSerialization.jsonObject(with: parameters) as? [String: Any] ?? [:]
    for (name, value) in also { body[name] = value is NSNull ? nil : value }
    return try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])
  }

  // MARK: One request

  private enum Attempt {
    case reply(ChatReply)
    /// To be repeated, at the earliest after some seconds where the server says so.
    case again(reason: String, after: Double?)
  }

  private func reply(to body: Data, over session: URLSession) async throws -> ChatReply {
    var attempt = 0
    while true {
      try Task.checkCancellation()
      switch try await self.attempt(body, over: session) {
      case .reply(let reply): return reply
      case .again(let reason, let after):
        guard attempt < retries else {
          throw ChatEndpointError.failed(address: address, attempts: attempt + 1, reason: reason)
        }
        // Requests that failed together are not repeated together.
        let own = min(pause * Double(1 << min(attempt, 20)), Self.longestPause) * Double.random(in: 0.75...1.25)
        try await wait(after.map { min(max($0, 0), Self.longestWait) } ?? own)
        attempt += 1
      }
    }
  }

  private func attempt(_ body: Data, over session: URLSession) async throws -> Attempt {
    let key = try key.get()
    guard let url = URL(string: address) else {
      throw ChatEndpointError.refused(address: address, status: 0, message: "no address of the web")
    }
    var request = URLRequest(url: url, timeoutInterval: timeout.rounded(.up) + 60)
    request.httpMethod = "POST"
    request.httpBody = body
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
    let data: Data, response: URLResponse
    do {
      (data, response) = try await withDeadline { [request] in try await Flight().data(for: request, over: session) }
    } catch is Deadline {
      return .again(reason: "no whole reply in \(Self.seconds(timeout))", after: nil)
    } catch {
      try Task.checkCancellation()
      return .again(reason: SystemError.wording(error), after: nil)
    }
    guard let response = response as? HTTPURLResponse else { return .again(reason: "no HTTP", after: nil) }
    guard response.statusCode == 200 else {
      let failure = ChatFailure(data), message = Self.message(failure, in: data, without: key)
      // The server won't answer this one request, whoever asks: a reply that holds no verdict.
      if [400, 403, 413, 422].contains(response.statusCode), let reason = failure.refusalOfOneRequest {
        return .reply(ChatReply(text: "", finish: reason))
      }
      // These pass by themselves: time-outs, conflicts, too many requests, and what ails the server.
      guard [408, 409, 425, 429].contains(response.statusCode) || response.statusCode >= 500 else {
        throw ChatEndpointError.refused(address: address, status: response.statusCode, message: message)
      }
      return .again(
        reason: "HTTP status \(response.statusCode)\(message.isEmpty ? "" : " (\(message))")",
        after: response.value(forHTTPHeaderField: "Retry-After").flatMap(Self.seconds(until:)))
    }
    guard response.expectedContentLength < 0 || Int64(data.count) >= response.expectedContentLength else {
      return .again(reason: "\(data.count) of \(response.expectedContentLength) bytes came", after: nil)
    }
    guard let completion = try? JSONDecoder().decode(Completion.self, from: data), let choice = completion.choices.first
    else { return .again(reason: "HTTP status 200 with a body that is no chat completion", after: nil) }
    // A choice without a text (a refusal of the server's, a tool call) is a reply: one that holds no verdict.
    return .reply(
      ChatReply(text: choice.message.content?.text ?? "", finish: choice.finish_reason, model: completion.model))
  }

  private struct Completion: Decodable {
    struct Choice: Decodable {
      struct Message: Decodable { var content: Content? }
      var message: Message
      var finish_reason: String?
    }
    var choices: [Choice]
    var model: String?
  }

  /// A message's content: a text, or a list of parts, of which those that are text count.
  private struct Content: Decodable {
    private struct Part: Decodable { var text: String? }

    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else {
        text = try container.decode([Part].self).compactMap(\.text).joined()
      }
    }
  }

  /// How long to wait, from `Retry-After`: seconds, or a date of HTTP.
  static func seconds(until text: String) -> Double? {
    if let seconds = Double(text) { return seconds.isFinite ? seconds : nil }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return formatter.date(from: text)?.timeIntervalSinceNow
  }

  /// What the server says is wrong, on one line and cut; should it repeat the key, that is taken out.
  private static func message(_ failure: ChatFailure, in data: Data, without key: String?) -> String {
    var text = failure.message ?? String(decoding: data.prefix(longestMessage * 4), as: UTF8.self)
    if let key, !key.isEmpty { text = text.replacingOccurrences(of: key, with: "…") }
    text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return text.count <= longestMessage ? text : text.prefix(longestMessage) + "…"
  }

  private static func seconds(_ seconds: Double) -> String {
    "\(seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)") seconds"
  }

  // MARK: Deadlines and redirections

  private struct Deadline: Error {}

  /// A server that stalls and one that drips are both left at the deadline.
  private func withDeadline<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
  {
    try await withThrowingTaskGroup(of: Value.self) { [timeout] group in
      group.addTask(operation: body)
      group.addTask {
        try await Task.sleep(for: .seconds(timeout))
        throw Deadline()
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw Deadline() }
      return value
    }
  }

  /// Follows no redirection: the key belongs to one address.
  private final class StayingPut: NSObject, URLSessionTaskDelegate, Sendable {
    func urlSession(
      _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
      newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
      completionHandler(nil)
    }
  }
}
