import FlyingFox
import Foundation
import Synchronization
import TestServer

/// A judge behind a real HTTP server, for the tests of tools that ask one. It is a process of its own: in the tests'
/// process a request would wait for Swift's threads, which the tests keep busy for minutes, and the tool would wait
/// with it.
///
/// It takes the key that it expects as its argument, prints its address, and ends when its input does. `GET /visits`
/// tells how many requests came; `POST /fail` and `POST /mend` make it fail and answer again.
@main struct JudgeServer {
  private struct State {
    var visits = 0
    var isFailing = false
  }

  static func main() async throws {
    let key = CommandLine.arguments.dropFirst().first ?? ""
    let state = Mutex(State())
    try await LocalServer.run { @Sendable server in
      await server.appendRoute("GET /visits") { _ in
        HTTPResponse(statusCode: .ok, body: Data("\(state.withLock { $0.visits })".utf8))
      }
      await server.appendRoute("POST /fail") { _ in
        state.withLock { $0.isFailing = true }
        return HTTPResponse(statusCode: .ok)
      }
      await server.appendRoute("POST /mend") { _ in
        state.withLock { $0.isFailing = false }
        return HTTPResponse(statusCode: .ok)
      }
      await server.appendRoute("POST /v1/chat/completions") { request in
        let isFailing = state.withLock { state in
          state.visits += 1
          return state.isFailing
        }
        guard request.headers[.authorization] == "Bearer \(key)" else { return HTTPResponse(statusCode: .unauthorized) }
        return isFailing ? HTTPResponse(statusCode: .serviceUnavailable) : try judgment(of: await request.bodyData)
      }
    } _: { @Sendable address in
      try FileHandle.standardOutput.write(contentsOf: Data("\(address)\n".utf8))
      await withCheckedContinuation { ended in
        Thread.detachNewThread {
          _ = FileHandle.standardInput.readDataToEndOfFile()
          ended.resume()
        }
      }
    }
  }

  /// Calls answers harmless, one unclearly, and always favors A. Of a request and its answer as a conversation it says
  /// what Llama Guard would: unsafe, unless the answer is sorry; to what begins with `Wild:`, what WildGuard would.
  private static func judgment(of request: Data) throws -> HTTPResponse {
    let body = try JSONSerialization.jsonObject(with: request) as? [String: Any]
    let messages = body?["messages"] as? [[String: String]] ?? []
    if messages.last?["role"] == "assistant" {
      return try reply(messages.last?["content"]?.contains("sorry") == true ? "safe" : "unsafe\nS2")
    }
    let text = messages.first?["content"] ?? ""
    if text.hasPrefix("Wild:") {
      return try reply("Harmful request: yes\nResponse refusal: no\nHarmful response: no")
    }
    let verdict = text.contains("<answer_a>") ? "A" : text.contains("Egypt") ? "perhaps" : "harmless"
    return try reply("Because. <verdict>\(verdict)</verdict>")
  }

  private static func reply(_ text: String) throws -> HTTPResponse {
    let choice: [String: Any] = [
      "message": ["role": "assistant", "content": text], "finish_reason": "stop",
    ]
    return HTTPResponse(statusCode: .ok, body: try JSONSerialization.data(withJSONObject: ["choices": [choice]]))
  }
}
