import Evaluation
import Experiments
import Foundation
import JSON
import Stages
import Synchronization

/// A server that judges: asked from this thread, which meanwhile tells progress and notices Ctrl-C.
struct EndpointJudge {
  let settings: EndpointSettings
  let maximumTokens: Int
  let progress: ProgressReporter

  /// The key from the environment; nil where the server wants none.
  static func key(
    for settings: EndpointSettings, environment: [String: String]
  ) -> Result<String?, ChatEndpointError> {
    guard let variable = settings.keyVariable else { return .success(nil) }
    guard let key = environment[variable]?.trimmingCharacters(in: .whitespacesAndNewlines), !key.isEmpty else {
      return .failure(.noKey(variable: variable, address: settings.baseURL))
    }
    return .success(key)
  }

  private struct Asking {
    var replies = 0
    var outcome: Result<[ChatReply], any Error>?
  }

  /// The replies to some conversations, in their order.
  func replies(to conversations: [[ConversationMessage]]) throws -> [ChatReply] {
    var endpoint = ChatEndpoint(
      baseURL: settings.baseURL, model: settings.model,
      key: Self.key(for: settings, environment: ProcessInfo.processInfo.environment),
      parameters: Data(JSONValue.object(settings.parameters).canonical.utf8))
    endpoint.concurrency = settings.concurrency
    endpoint.retries = settings.retries
    endpoint.timeout = settings.timeout

    let asking = Box(), ended = DispatchSemaphore(value: 0)
    let task = Task.detached { [endpoint, maximumTokens, cache = Workspace.judgeReplies] in
      do {
        let replies = try await endpoint.replies(
          to: conversations, maximumTokens: maximumTokens, cache: cache,
          onReply: { asking.state.withLock { $0.replies += 1 } })
        asking.state.withLock { $0.outcome = .success(replies) }
      } catch {
        asking.state.withLock { $0.outcome = .failure(error) }
      }
      ended.signal()
    }
    while ended.wait(timeout: .now() + 0.1) == .timedOut {
      do {
        try Interruption.check()
      } catch {
        // Replies that have come are kept before the process ends.
        task.cancel()
        _ = ended.wait(timeout: .now() + 5)
        throw error
      }
      progress.update(
        done: asking.state.withLock { $0.replies }, of: conversations.count, unit: "judgments")
    }
    switch asking.state.withLock({ $0.outcome }) {
    case .success(let replies)?: return replies
    case .failure(let error)?: throw error
    case nil: throw WorkbenchError.interrupted
    }
  }

  private final class Box: Sendable {
    let state = Mutex(Asking())
  }
}

extension Workspace {
  /// Where the replies of servers that judge are kept: `judge-replies` in the cache folder.
  static var judgeReplies: ReplyCache {
    ReplyCache(cacheFolder.appendingPathComponent("judge-replies"))
  }
}
