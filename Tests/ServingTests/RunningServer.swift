import Compute
import Decoding
import EngineContract
import Evaluation
import Experiments
import Foundation
import JSON
import NativeEngine
import Pipeline
import Serving
import Stages
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A real server in the tests' process, on a free port of this machine, with the small real model.
struct RunningServer {
  let address: URL

  /// The model, loaded once for all tests.
  static let engine = Result { try FoundModel("smollm2").load(on: ComputeContext(threads: 2)) }

  /// A method made ready; tuned prompts are rows of the embedding table.
  static func method(_ settings: DecodingSettings) throws -> PreparedMethod {
    let engine = try engine.get()
    return try PreparedMethod(
      settings.methodParameters, on: engine,
      content: PreparedMethod.Content(
        systemPrompts: { try systemPrompts() }, demonstrations: { _ in throw Missing() },
        softPrompt: { role in try engine.initialRows(.vocabulary(length: 6), seed: 3, role: role) },
        adapter: { throw Missing() },
        other: { model in
          guard model == .target else { throw Missing() }
          return nil
        }, direction: { throw Missing() }))
  }

  /// The text of a manual system prompt.
  static func systemPrompt(_ prompt: StreamPrompt.ManualPrompt) throws -> String { try systemPrompts().text(prompt) }

  private struct Missing: Error {}

  private static func systemPrompts() throws -> SystemPrompts {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Anchors/system-prompts.json")
    return try SystemPrompts(SourceFile(try Data(contentsOf: file), name: file.path))
  }

  /// What the server and the body beside it tell one another.
  private final class State: Sendable {
    let address = Mutex<String?>(nil)
    let isEnding = Mutex(false)
  }

  /// Runs the body beside a server.
  static func run(
    key: String? = nil, allowsAdversarial: Bool = false, limits: LiveBatch.Limits = .init(), bodyLimit: Int = 1 << 20,
    _ body: @escaping @Sendable (RunningServer) async throws -> Void
  ) async throws {
    // Other tests have the threads for minutes.
    var connections = ConnectionLimits()
    (connections.head, connections.body, connections.pause, connections.reader) = (3600, 3600, 3600, 3600)
    let options = Server.Options(
      door: try Door(address: "127.0.0.1", key: key), port: 0, allowsAdversarial: allowsAdversarial,
      maximumTokens: 32, limits: limits, bodyLimit: bodyLimit, connections: connections, patience: 600)
    let pages = PageSource { request in
      request.path == "/page"
        ? .init(contentType: "text/plain", body: Data("\(request.query["a"] ?? "") \(request.headers["b"] ?? "")".utf8))
        : nil
    }
    let server = Server(options, pages: pages, progress: { _ in }, note: { _ in })
    let state = State()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await server.run(
          onListening: { told in state.address.withLock { $0 = told } },
          load: {
            ServedModel(
              engine: try engine.get(), prepare: { try method($0) }, systemPrompt: { try systemPrompt($0) })
          }, isEnding: { state.isEnding.withLock { $0 } })
      }
      group.addTask {
        defer { state.isEnding.withLock { $0 = true } }
        while state.address.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(10)) }
        guard let url = state.address.withLock({ $0 }).flatMap({ URL(string: $0) }) else { return }
        let running = RunningServer(address: url)
        while try await running.get("health", key: key).status == 503 { try await Task.sleep(for: .milliseconds(20)) }
        try await body(running)
      }
      try await group.waitForAll()
    }
  }

  /// What came back.
  struct Reply {
    var status: Int
    var body: Data
    var headers: [String: String]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { get throws { try JSONValue(parsing: text) } }
    var code: String? { (try? json)?["error"]?["code"]?.string }
    /// The data of server-sent events.
    var events: [String] { text.split(separator: "\n\n").map { String($0.dropFirst("data: ".count)) } }
  }

  func get(
    _ path: String, query: String? = nil, headers: [String: String] = [:], key: String? = nil
  ) async throws -> Reply {
    var url = URLComponents(url: address.appending(path: path), resolvingAgainstBaseURL: false)
    url?.percentEncodedQuery = query
    return try await send(URLRequest(url: url?.url ?? address), headers, key)
  }

  func post(
    _ path: String, _ body: JSONValue, headers: [String: String] = [:], key: String? = nil
  ) async throws -> Reply {
    try await post(path, bytes: Data(body.canonical.utf8), headers: headers, key: key)
  }

  func post(
    _ path: String, bytes: Data, headers: [String: String] = [:], key: String? = nil
  ) async throws -> Reply {
    var request = URLRequest(url: address.appending(path: path))
    request.httpMethod = "POST"
    request.httpBody = bytes
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    return try await send(request, headers, key)
  }

  private func send(_ request: URLRequest, _ headers: [String: String], _ key: String?) async throws -> Reply {
    var request = request
    request.timeoutInterval = 3600
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = response as? HTTPURLResponse
    let told = (http?.allHeaderFields ?? [:]).map { ("\($0.key)".lowercased(), "\($0.value)") }
    return Reply(
      status: http?.statusCode ?? 0, body: data, headers: Dictionary(told, uniquingKeysWith: { first, _ in first }))
  }

  /// The identifier of a method.
  static func model(_ method: String) throws -> JSONValue { .string("\(try engine.get().modelName):\(method)") }
}
