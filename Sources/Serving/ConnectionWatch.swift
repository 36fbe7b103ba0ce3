import FlyingFox
import FlyingSocks
import Foundation
import Synchronization

/// Looks after a server's connections, some times a second: ends those whose request does not come in time, whose
/// reader does not read, or that are too many, and tells work whose client has left. FlyingFox itself waits for a
/// request as long as it takes, and notices that a client left at the next write.
final class ConnectionWatch: Sendable {
  private enum Phase {
    case waiting, reading, working
  }

  private struct Connection {
    var phase = Phase.waiting
    var since: ContinuousClock.Instant
    var hasAsked = false
    /// Bytes that were written and not taken when last looked at.
    var unread = 0
    /// Bytes that the peer had taken then; nil where the system does not say.
    var taken: UInt64?
    /// Since when it has taken nothing of what was written.
    var unreadSince: ContinuousClock.Instant
    /// Ends the work for the client.
    var cancel: (@Sendable () -> Void)?
  }

  private let limits: ConnectionLimits
  private let connections = Mutex<[HTTPRequest.Address: Connection]>([:])

  init(_ limits: ConnectionLimits) { self.limits = limits }

  // MARK: What requests tell

  /// A request has come.
  func begin(_ request: HTTPRequest) { set(request, .reading) }

  /// A request's body has come.
  func work(_ request: HTTPRequest) { set(request, .working) }

  /// A request is answered.
  func end(_ request: HTTPRequest) {
    set(request, .waiting)
    change(request) { $0.cancel = nil }
  }

  /// Runs work that is cancelled when the client leaves.
  func whileConnected<Value: Sendable>(
    _ request: HTTPRequest, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await work() }
    onLeaving(request) { task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Says what ends the work for a request's client.
  func onLeaving(_ request: HTTPRequest, _ cancel: @escaping @Sendable () -> Void) {
    change(request) { $0.cancel = cancel }
  }

  private func set(_ request: HTTPRequest, _ phase: Phase) {
    change(request) {
      $0.phase = phase
      $0.since = .now
      $0.hasAsked = true
    }
  }

  private func change(_ request: HTTPRequest, _ change: (inout Connection) -> Void) {
    guard let peer = request.remoteAddress else { return }
    connections.withLock { connections in
      let now = ContinuousClock.now
      change(&connections[peer, default: Connection(since: now, unreadSince: now)])
    }
  }

  // MARK: Looking

  /// Looks at the connections to an address until the task is cancelled.
  func run(on address: Socket.Address) async {
    while !Task.isCancelled {
      look(at: address)
      try? await Task.sleep(for: .milliseconds(250))
    }
  }

  /// How many connections there were when last looked.
  var count: Int { connections.withLock { $0.count } }

  private func look(at address: Socket.Address) {
    let open = Self.sockets(on: address), now = ContinuousClock.now
    let (ended, left) = connections.withLock { connections -> ([Int32], [@Sendable () -> Void]) in
      // One that came since is not among those that were found.
      connections = connections.filter { open[$0.key] != nil || now - $0.value.since < .seconds(5) }
      var ended: [Int32] = [], left: [@Sendable () -> Void] = []
      for (peer, socket) in open {
        var connection = connections[peer] ?? Connection(since: now, unreadSince: now)
        // While the answer goes on more is written, so that what is unread grows though the peer takes nothing.
        let unread = Self.unread(socket), taken = Self.taken(socket)
        let reads = taken.map { $0 != connection.taken } ?? (unread != connection.unread)
        if unread == 0 || reads { connection.unreadSince = now }
        connection.unread = unread
        connection.taken = taken
        if isLate(connection, at: now) { ended.append(socket) }
        if connection.phase == .working, let cancel = connection.cancel, Self.isLeft(socket) {
          left.append(cancel)
          connection.cancel = nil
        }
        connections[peer] = connection
      }
      // Those who have not asked yet make room first.
      let waiting = open.filter { connections[$0.key]?.phase == .waiting }
        .sorted { isOlder($0.key, $1.key, connections) }
      ended += waiting.prefix(max(0, open.count - limits.connections)).map(\.value)
      return (ended, left)
    }
    for socket in ended { shutdown(socket, Int32(SHUT_RDWR)) }
    for cancel in left { cancel() }
  }

  private func isOlder(
    _ left: HTTPRequest.Address, _ right: HTTPRequest.Address, _ connections: [HTTPRequest.Address: Connection]
  ) -> Bool {
    guard let left = connections[left], let right = connections[right] else { return false }
    return left.since < right.since
  }

  private func isLate(_ connection: Connection, at now: ContinuousClock.Instant) -> Bool {
    if connection.unread > 0, now - connection.unreadSince > .seconds(limits.reader) { return true }
    let limit: Double? =
      switch connection.phase {
      case .waiting: connection.hasAsked ? limits.pause : limits.head
      case .reading: limits.body
      case .working: nil
      }
    return limit.map { now - connection.since > .seconds($0) } ?? false
  }

  /// The connections of this process to an address of its own, by their peers.
  private static func sockets(on address: Socket.Address) -> [HTTPRequest.Address: Int32] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
    var sockets: [HTTPRequest.Address: Int32] = [:]
    for file in files.compactMap({ Int32($0) }) where file > 2 {
      let socket = Socket(file: Socket.FileDescriptor(rawValue: file))
      guard let own = try? socket.sockname(), own.port == address.port, let peer = try? socket.remotePeer() else {
        continue
      }
      sockets[.make(from: peer)] = file
    }
    return sockets
  }

  /// The bytes that were written and that the peer has not taken.
  private static func unread(_ socket: Int32) -> Int {
    var count: Int32 = 0
    return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  /// The bytes that the peer has taken; nil where the system does not say.
  private static func taken(_ socket: Int32) -> UInt64? {
    #if os(Linux)
      // `tcpi_bytes_acked` of the kernel's `tcp_info`; glibc's ends before it.
      let place = 120
      var information = [UInt8](repeating: 0, count: place + 8), size = socklen_t(information.count)
      guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &information, &size) == 0, size == information.count else {
        return nil
      }
      return information.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    #else
      return nil
    #endif
  }

  /// Whether the peer has closed its side.
  private static func isLeft(_ socket: Int32) -> Bool {
    #if os(Linux)
      let closed = Int16(0x2000)  // POLLRDHUP
    #else
      let closed = Int16(0)
    #endif
    var state = pollfd(fd: socket, events: closed, revents: 0)
    return poll(&state, 1, 0) > 0 && state.revents & (closed | Int16(POLLHUP) | Int16(POLLERR)) != 0
  }
}

extension Socket.Address {
  /// The port; nil for a path.
  var port: UInt16? {
    switch self {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix: nil
    }
  }
}
