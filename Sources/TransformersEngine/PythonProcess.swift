import Foundation
import Messages

/// The process itself: lines to its standard input, lines from its standard output, and an end that leaves nothing.
///
/// It ends by itself once its standard input does, so it does not outlive a driver that was killed.
final class PythonProcess {
  /// What was read.
  enum Reading {
    case line(String)
    /// Nothing came in time.
    case nothing
    /// Nothing comes any more.
    case end
  }

  private let process: Process
  private let input: FileHandle
  private let output: FileHandle
  private var unread = Data()
  /// How it ended, in words; nil before it did.
  private var status: String?
  /// How much of what is unread is known to hold no end of a line.
  private var searched = 0

  /// Starts the worker.
  /// - Parameter log: Gets what it writes to standard error.
  init(python: URL, log: URL) throws {
    process = Process()
    process.executableURL = python
    process.arguments = ["-m", "antipode_worker"]
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONUNBUFFERED"] = "1"
    // What lies in the current folder, or in the user's own packages, is not what was installed.
    environment["PYTHONSAFEPATH"] = "1"
    environment["PYTHONNOUSERSITE"] = "1"
    process.environment = environment
    let requests = Pipe(), replies = Pipe()
    process.standardInput = requests
    process.standardOutput = replies
    try Data().write(to: log)
    let messages = try FileHandle(forWritingTo: log)
    defer { try? messages.close() }
    process.standardError = messages
    input = requests.fileHandleForWriting
    output = replies.fileHandleForReading
    do {
      try process.run()
    } catch {
      throw TransformersError.notStarted(python: python.path, reason: "\(error)")
    }
  }

  /// Its number.
  var identifier: Int32 { process.processIdentifier }

  /// Writes a text, as far as somebody reads it: that nobody does is told by ``line(within:)``.
  func write(_ text: String) throws {
    // A worker that ended must not end this process with SIGPIPE.
    var pipe = sigset_t(), before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    defer {
      var pending = sigset_t(), number: Int32 = 0
      sigpending(&pending)
      if sigismember(&before, SIGPIPE) == 0, sigismember(&pending, SIGPIPE) == 1 { sigwait(&pipe, &number) }
      pthread_sigmask(SIG_SETMASK, &before, nil)
    }
    try? input.write(contentsOf: Data(text.utf8))
  }

  /// The next line of standard output.
  /// - Parameter milliseconds: How long to wait for it.
  func line(within milliseconds: Int32) -> Reading {
    if let line = taken() { return .line(line) }
    var awaited = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
    let found = poll(&awaited, 1, milliseconds)
    guard found > 0 else { return .nothing }
    let bytes = output.availableData
    guard !bytes.isEmpty else { return .end }
    unread.append(bytes)
    return taken().map(Reading.line) ?? .nothing
  }

  private func taken() -> String? {
    let start = unread.index(unread.startIndex, offsetBy: searched)
    guard let end = unread[start...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = unread.count
      return nil
    }
    let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
    unread = Data(unread[unread.index(after: end)...])
    searched = 0
    return line
  }

  /// Ends the worker with all that it started, and waits for it.
  /// - Returns: How it ended, in words.
  @discardableResult
  func end() -> String {
    if let status { return status }
    let program = process.processIdentifier
    // It leads a group of its own. Its input is closed afterwards: a worker that saw its end would remove the folder of
    // tensors, which the next one uses.
    let wasRunning = process.isRunning
    if wasRunning, kill(-program, SIGKILL) != 0 { kill(program, SIGKILL) }
    process.waitUntilExit()
    try? input.close()
    try? output.close()
    let isSignal = process.terminationReason == .uncaughtSignal
    let status = "\(isSignal ? "signal" : "status") \(process.terminationStatus)"
    self.status = status
    return status
  }
}
