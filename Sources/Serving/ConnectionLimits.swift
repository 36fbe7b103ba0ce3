/// How many connections a server keeps, and how long it waits for them, in seconds.
package struct ConnectionLimits: Sendable {
  /// For a connection's first request, head and small bodies.
  package var head = 15.0
  /// For the rest of a body.
  package var body = 60.0
  /// For the next request.
  package var pause = 120.0
  /// For a reader to take what was written.
  package var reader = 60.0
  /// The most connections.
  package var connections = 512

  package init() {}
}
