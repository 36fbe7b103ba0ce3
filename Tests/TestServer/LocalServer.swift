public import FlyingFox
import FlyingSocks
import Foundation

/// A real HTTP server in this process, for the tests of what talks to one.
public enum LocalServer {
  /// Seconds for what has no reason to take long: the server shares Swift's two threads with tests that keep both busy for
  /// minutes.
  public static let patience = 900.0

  /// The server listens on no address that one could be told.
  public struct NoAddress: Error {}

  /// Runs the body beside a server on a free port of this machine, given the server's address without a slash at its end.
  public static func run(
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
