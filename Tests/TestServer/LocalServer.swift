package import FlyingFox
import FlyingSocks

/// A real HTTP server in this process, for the tests of what talks to one from the same process. A tool that is to end
/// within some time needs a server of another process.
package enum LocalServer {
  /// Seconds for what has no reason to take long: the server shares Swift's threads, one a core, with tests that keep
  /// them busy for minutes, in the order in which they came. Only a hang may take longer than all tests.
  package static let patience = 3600.0

  /// The server listens on no address that one could be told.
  package struct NoAddress: Error {}

  /// Runs the body beside a server on a free port of this machine, given the server's address without a slash at its
  /// end.
  package static func run(
    routes: (HTTPServer) async -> Void, _ body: (String) async throws -> Void
  ) async throws {
    let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), timeout: patience, logger: .disabled)
    await routes(server)
    let running = Task { try await server.run() }
    defer { running.cancel() }
    try await server.waitUntilListening(timeout: patience)
    guard case .ip4(_, let port) = await server.listeningAddress else { throw NoAddress() }
    try await body("http://127.0.0.1:\(port)")
  }
}
