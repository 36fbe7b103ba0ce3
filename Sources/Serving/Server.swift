package import Decoding
import EngineContract
import FlyingFox
import FlyingSocks
import Foundation
import JSON
import NativeEngine
import Synchronization

/// The server: routes over one loaded model and its batch.
package final class Server: Sendable {
  /// How it serves.
  package struct Options: Sendable {
    package var door: Door
    /// 0 takes a free one.
    package var port: UInt16
    /// Whether methods that weaken safety may be asked for.
    package var allowsAdversarial: Bool
    /// The longest answer where a request does not say.
    package var maximumTokens: Int
    package var limits: LiveBatch.Limits
    /// The largest body, in bytes.
    package var bodyLimit: Int
    package var connections: ConnectionLimits
    /// How long running answers may take at the end, in seconds.
    package var patience: Double
    /// Whether a line tells each request: what was asked for and how it ended, no texts.
    package var logsRequests: Bool

    package init(
      door: Door, port: UInt16, allowsAdversarial: Bool = false, maximumTokens: Int = 1024,
      limits: LiveBatch.Limits = .init(), bodyLimit: Int = 8 << 20, connections: ConnectionLimits = .init(),
      patience: Double = 30,
      logsRequests: Bool = false
    ) {
      self.door = door
      self.port = port
      self.allowsAdversarial = allowsAdversarial
      self.maximumTokens = maximumTokens
      self.limits = limits
      self.bodyLimit = bodyLimit
      self.connections = connections
      self.patience = patience
      self.logsRequests = logsRequests
    }
  }

  private struct State {
    var session: Session?
    var isListening = false
    var isClosing = false
    /// Requests that are being answered.
    var active = 0
  }

  private let options: Options
  private let pages: PageSource
  private let progress: @Sendable (String) -> Void
  private let note: @Sendable (String) -> Void
  private let state = Mutex(State())
  private let watch: ConnectionWatch

  /// A server.
  /// - Parameters:
  ///   - progress: Told how far it is.
  ///   - note: Told of what its operator should know in any case.
  package init(
    _ options: Options, pages: PageSource, progress: @escaping @Sendable (String) -> Void,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.options = options
    self.pages = pages
    self.progress = progress
    self.note = note
    watch = ConnectionWatch(options.connections)
  }

  // MARK: Running

  /// Serves until it is told to end; running answers then go on for a while.
  /// - Parameters:
  ///   - onListening: Called with the server's address, such as `http://127.0.0.1:8080`; the model may not be there
  ///     yet.
  ///   - load: Loads the model.
  ///   - isEnding: Whether to end; asked some times a second.
  package func run(
    onListening: @escaping @Sendable (String) throws -> Void,
    load: @escaping @Sendable () throws -> sending ServedModel,
    isEnding: @escaping @Sendable () -> Bool
  ) async throws {
    let server = try HTTPServer(
      config: configuration(), handler: ClosureHTTPHandler { [self] in await respond(to: $0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in try await listen(server) }
      group.addTask { [self] in
        try await server.waitUntilListening(timeout: 60)
        guard let address = await server.listeningAddress else { return }
        state.withLock { $0.isListening = true }
        Self.sendAtOnce(on: address)
        try onListening(url(of: address))
        await watch.run(on: address)
      }
      group.addTask { [self] in
        try await begin(with: load())
        while !isEnding() { try await Task.sleep(for: .milliseconds(100)) }
        await drain()
        await server.stop(timeout: 1)
        throw CancellationError()
      }
      defer {
        group.cancelAll()
        state.withLock { $0.session }?.batch.stop()
      }
      do {
        try await group.next()
        try await group.next()
        try await group.next()
      } catch is CancellationError {}
    }
  }

  private func configuration() throws -> HTTPServer.Configuration {
    func configuration(_ address: some SocketAddress) -> HTTPServer.Configuration {
      HTTPServer.Configuration(
        address: address, timeout: 30 * 86_400, sharedRequestReplaySize: options.bodyLimit, logger: .disabled)
    }
    let host = options.door.address, port = options.port
    do {
      return host.contains(":")
        ? configuration(try .inet6(ip6: host, port: port)) : configuration(try .inet(ip4: host, port: port))
    } catch {
      throw ServingError.cannotListen(address: host, port: Int(port), reason: "it is no IP address of this machine")
    }
  }

  /// Listens; where connections can't be taken in for a while, again.
  private func listen(_ server: HTTPServer) async throws {
    while true {
      do {
        try await server.run()
      } catch {
        if state.withLock({ $0.isClosing }) || Task.isCancelled { return }
        guard state.withLock({ $0.isListening }) else {
          throw ServingError.cannotListen(
            address: options.door.address, port: Int(options.port), reason: Self.reason(error))
        }
        note("listening again: \(Self.reason(error))")
        try await Task.sleep(for: .milliseconds(200))
      }
      if state.withLock({ $0.isClosing }) || Task.isCancelled { return }
    }
  }

  private static func reason(_ error: any Error) -> String {
    if case SocketError.failed(_, _, let message)? = error as? SocketError { return message }
    return "\(error)"
  }

  private func url(of address: FlyingSocks.Socket.Address) -> String {
    switch address {
    case .ip4(let host, let port): "http://\(host):\(port)"
    case .ip6(let host, let port): "http://[\(host)]:\(port)"
    case .unix(let path): path
    }
  }

  /// Small pieces are sent when they are written, on all connections that come in: events would wait for one another.
  private static func sendAtOnce(on address: FlyingSocks.Socket.Address) {
    for file in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd"))?.compactMap({ Int32($0) }) ?? [] {
      let socket = FlyingSocks.Socket(file: .init(rawValue: file))
      guard let own = try? socket.sockname(), own.port == address.port else { continue }
      var isOn: Int32 = 1
      setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  private func begin(with served: sending ServedModel) async throws {
    let engine = served.engine
    let desk = MethodDesk(served, allowsAdversarial: options.allowsAdversarial) { [note] method in
      note("The method \(method) is in use. It makes the model answer harmful requests that it would refuse by itself.")
    }
    let session = Session(
      engine: engine, desk: desk, batch: LiveBatch(options.limits), methods: await desk.list(), started: Date(),
      maximumTokens: options.maximumTokens)
    state.withLock { $0.session = session }
    progress("ready: \(session.methods.map(\.id).joined(separator: ", "))")
  }

  /// Lets running answers end, for as long as there is patience.
  private func drain() async {
    let session = state.withLock { state in
      state.isClosing = true
      return state.session
    }
    session?.batch.close()
    let end = ContinuousClock.now + .seconds(options.patience)
    if state.withLock({ $0.active }) > 0 {
      progress("closing: running answers have \(Int(options.patience)) s to end")
    }
    while state.withLock({ $0.active }) > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(50)) }
    session?.batch.stop()
    // What was written last is on its way to who waits for it.
    while state.withLock({ $0.active }) > 0, ContinuousClock.now < end + .seconds(1) {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  // MARK: Requests

  private func respond(to request: HTTPRequest) async -> HTTPResponse {
    let start = ContinuousClock.now
    state.withLock { $0.active += 1 }
    watch.begin(request)
    let isEnded = Mutex(false)
    let end: @Sendable () -> Void = { [self] in
      let isFirst = isEnded.withLock { isEnded in
        defer { isEnded = true }
        return !isEnded
      }
      guard isFirst else { return }
      state.withLock { $0.active -= 1 }
      watch.end(request)
      guard options.logsRequests else { return }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      note("\(request.method.rawValue) \(request.path) \(String(format: "%.3f", seconds)) s")
    }
    let client = Client(request: request, watch: watch, onEnd: end)
    var response: HTTPResponse, isStream = false
    do {
      response = try await route(request, client)
      isStream = response.headers[.contentType]?.hasPrefix("text/event-stream") == true
    } catch {
      response = HTTPResponse(APIError(error))
    }
    if !isStream { end() }
    response.headers[HTTPHeader("X-Content-Type-Options")] = "nosniff"
    return response
  }

  private func route(_ request: HTTPRequest, _ client: Client) async throws -> HTTPResponse {
    let path = request.path, session = state.withLock { $0.isClosing ? nil : $0.session }
    let isOpen = request.method == .GET && (path == "/health" || pages.isOpen(path))
    try options.door.check(request, isOpen: isOpen)
    if state.withLock({ $0.isClosing }) { throw APIError.closing }
    if request.method == .GET {
      if let response = try read(path, session) ?? page(request) { return response }
      throw APIError(404, "\(path.prefix(200)): there is nothing here", code: "not_found")
    }
    guard request.method == .POST else {
      throw APIError(405, "\(request.method.rawValue): expected GET or POST", code: "method_not_allowed")
    }
    let body = try await body(of: request)
    watch.work(request)
    if let response = page(request, Data(body)) { return response }
    let posts = ["/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize", "/antipode/compare"]
    guard posts.contains(path) else {
      throw APIError(404, "\(path.prefix(200)): there is nothing here", code: "not_found")
    }
    guard let session else { throw APIError.loading }
    switch path {
    case "/v1/chat/completions": return try await ChatRoute(ChatRequest(body), session).respond(client)
    case "/v1/completions": return try await CompletionRoute(CompletionRequest(body), session).respond(client)
    case "/antipode/compare": return try await CompareRoute(body, session).respond(client)
    case "/tokenize": return try TokenizerRoutes(session: session).tokenize(body)
    default: return try TokenizerRoutes(session: session).detokenize(body)
    }
  }

  /// What is read and starts nothing.
  private func read(_ path: String, _ session: Session?) throws -> HTTPResponse? {
    switch path {
    case "/health":
      guard let session else { throw APIError.loading }
      let load = session.batch.load
      return HTTPResponse([
        "status": "ok", "running": .integer(load.running), "waiting": .integer(load.waiting),
        "connections": .integer(watch.count),
      ])
    case "/v1/models":
      guard let session else { throw APIError.loading }
      return HTTPResponse(["object": "list", "data": .array(session.methods.map { model($0, session) })])
    case "/antipode/models":
      guard let session else { throw APIError.loading }
      return HTTPResponse(
        .array(
          session.methods.map { method in
            [
              "id": .string(method.id), "title": .string(method.title),
              "weakens_safety": .boolean(method.weakensSafety), "takes_alpha": .boolean(method.takesAlpha),
            ]
          }))
    case "/tokenizer_info":
      guard let session else { throw APIError.loading }
      return TokenizerRoutes(session: session).information
    default:
      let models = "/v1/models/"
      guard path.hasPrefix(models) else { return nil }
      guard let session else { throw APIError.loading }
      let id = String(path.dropFirst(models.count)).removingPercentEncoding
      return session.methods.first { $0.id == id }.map { HTTPResponse(model($0, session)) }
    }
  }

  /// What the pages' own wing answers.
  private func page(_ request: HTTPRequest, _ body: Data = Data()) -> HTTPResponse? {
    let headers = request.headers.map { ($0.key.rawValue.lowercased(), $0.value) }
    let query = request.query.map { ($0.name, $0.value) }
    let reply = pages.reply(
      PageSource.Request(
        method: request.method.rawValue, path: request.path.removingPercentEncoding ?? request.path,
        query: Dictionary(query, uniquingKeysWith: { _, last in last }),
        headers: Dictionary(headers, uniquingKeysWith: { _, last in last }), body: body))
    return reply.map { reply in
      HTTPResponse(
        statusCode: HTTPStatusCode(status: reply.status),
        headers: [.contentType: reply.contentType, .cacheControl: "no-store"], body: reply.body)
    }
  }

  private func model(_ method: MethodDesk.Listed, _ session: Session) -> JSONValue {
    [
      "id": .string(method.id), "object": "model", "created": .integer(Int(session.started.timeIntervalSince1970)),
      "owned_by": "antipode", "max_model_len": .integer(session.engine.dimensions.positionLimit),
    ]
  }

  /// A request's body, within the limit. What is beyond is read too, some of it, so that the client can read why.
  private func body(of request: HTTPRequest) async throws -> [UInt8] {
    var body: [UInt8] = [], count = 0
    do {
      for try await part in request.bodySequence {
        count += part.count
        if count <= options.bodyLimit { body += part } else { body = [] }
        if count > options.bodyLimit + 64 << 20 { break }
      }
    } catch {
      throw APIError(400, "The body did not come whole.", code: "incomplete_body")
    }
    guard count <= options.bodyLimit else {
      throw APIError(
        413, "The body: found more than \(options.bodyLimit) bytes, expected at most so many", code: "body_too_large")
    }
    return body
  }
}
