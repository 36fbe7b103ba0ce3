import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One request under way, which ends at once when its task is cancelled.
///
/// `URLSession.data(for:)` of swift-corelibs-foundation was seen to wait forever when it was cancelled early; here the
/// waiting ends whatever the session does. The request itself is not cancelled: a cancellation that meets the response
/// ended one process in thirty ("a behaviour for a task that is not in the registry", TaskRegistry.swift). It comes to
/// its own end, or to the session's time limit, and nobody looks at what comes of it.
final class Flight: Sendable {
  private typealias Landing = CheckedContinuation<(Data, URLResponse), any Error>

  private enum State {
    case waiting
    case flying(Landing)
    case landed
  }

  private let state = Mutex(State.waiting)

  /// The response to a request.
  /// - Throws: What the session throws, or `CancellationError`.
  func data(for request: URLRequest, over session: URLSession) async throws -> (Data, URLResponse) {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (landing: Landing) in
        let task = session.dataTask(with: request) { data, response, error in
          if let data, let response, error == nil {
            self.land(.success((data, response)))
          } else {
            self.land(.failure(error ?? URLError(.badServerResponse)))
          }
        }
        let hasBegun = state.withLock { state in
          guard case .waiting = state else { return false }
          state = .flying(landing)
          return true
        }
        if hasBegun { task.resume() } else { landing.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      land(.failure(CancellationError()))
    }
  }

  /// Ends the flight, once.
  private func land(_ result: sending Result<(Data, URLResponse), any Error>) {
    let before = state.withLock { state in
      defer { state = .landed }
      return state
    }
    guard case .flying(let landing) = before else { return }
    landing.resume(with: result)
  }
}
