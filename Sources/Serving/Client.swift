import FlyingFox
import Foundation

/// The client of one request: what is done for it ends when it leaves.
struct Client: Sendable {
  let request: HTTPRequest
  let watch: ConnectionWatch
  /// Called when a stream has ended.
  let onEnd: @Sendable () -> Void

  /// Waits for work.
  func wait<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await watch.whileConnected(request, work)
  }

  /// Answers with events.
  func stream(_ make: @escaping @Sendable (EventStream.Sink) async -> Void) -> HTTPResponse {
    let onEnd = onEnd
    let events = EventStream(make, onEnd: onEnd)
    let cancel = events.cancel
    watch.onLeaving(request) { cancel() }
    return events.response
  }
}
