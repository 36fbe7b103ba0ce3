import FlyingFox
import FlyingSocks
import Foundation
import JSON

/// Server-sent events, made by a task of their own, that ends when nobody reads them any more.
struct EventStream: AsyncBufferedSequence {
  typealias Element = UInt8

  private let events: AsyncStream<[UInt8]>
  /// Ends the task.
  let cancel: @Sendable () -> Void

  /// Where events are put.
  struct Sink: Sendable {
    fileprivate let continuation: AsyncStream<[UInt8]>.Continuation

    /// Sends one event.
    func send(_ value: JSONValue) { send(text: value.canonical) }

    /// Sends one event's data, which has no line breaks.
    func send(text: String) { continuation.yield(Array("data: \(text)\n\n".utf8)) }
  }

  /// A stream of what a task sends.
  /// - Parameters:
  ///   - onEnd: Called when the task has ended or the reader is gone.
  init(_ make: @escaping @Sendable (Sink) async -> Void, onEnd: @escaping @Sendable () -> Void = {}) {
    let (events, continuation) = AsyncStream.makeStream(of: [UInt8].self)
    self.events = events
    let task = Task {
      await make(Sink(continuation: continuation))
      continuation.finish()
    }
    cancel = { task.cancel() }
    continuation.onTermination = { _ in
      task.cancel()
      onEnd()
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(events: events.makeAsyncIterator()) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    fileprivate var events: AsyncStream<[UInt8]>.Iterator

    mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? { await events.next() }
  }

  /// The response.
  var response: HTTPResponse {
    HTTPResponse(
      statusCode: .ok,
      headers: [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
        HTTPHeader("X-Accel-Buffering"): "no",
      ], body: HTTPBodySequence(from: self))
  }
}

extension HTTPResponse {
  /// A JSON document.
  init(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) {
    var headers = headers
    headers[.contentType] = "application/json"
    headers[.cacheControl] = "no-store"
    self.init(statusCode: HTTPStatusCode(status: status), headers: headers, body: Data(value.canonical.utf8))
  }

  /// An error.
  init(_ error: APIError) {
    var headers: HTTPHeaders = [:]
    if let seconds = error.retryAfter { headers[HTTPHeader("Retry-After")] = "\(seconds)" }
    if error.status == 401 { headers[HTTPHeader("WWW-Authenticate")] = "Bearer" }
    self.init(error.json, status: error.status, headers: headers)
  }
}

extension HTTPStatusCode {
  init(status: Int) {
    let phrases = [
      200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
      405: "Method Not Allowed", 409: "Conflict", 415: "Unsupported Media Type", 408: "Request Timeout",
      413: "Payload Too Large", 429: "Too Many Requests",
      500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 507: "Insufficient Storage",
    ]
    self.init(status, phrase: phrases[status] ?? "Status \(status)")
  }
}
