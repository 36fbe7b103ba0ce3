import Dispatch
import Foundation
import Synchronization

/// One of the five executables, as a user runs it: in the repository's root, with a store of its own.
struct Tool {
  let name: String

  static let ablate = Tool(name: "ablate"), decode = Tool(name: "decode"), report = Tool(name: "report")
  static let tune = Tool(name: "tune"), serve = Tool(name: "serve")

  /// What a run left behind.
  struct Outcome {
    let status: Int32
    /// Standard output and standard error.
    let output: String, messages: String

    /// Standard output as one JSON document.
    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }
  }

  /// Runs the tool to its end.
  /// - Parameters:
  ///   - input: What is written to standard input.
  ///   - interruptedAt: A text in the messages at which SIGINT is sent, once.
  ///   - interrupting: What is done instead at that text, with the process's number.
  ///   - killedAfter: Seconds after which SIGKILL is sent.
  func run(
    _ arguments: [String], store: URL? = nil, input: String = "", environment changes: [String: String] = [:],
    folder: URL = Self.repository, interruptedAt cue: String? = nil,
    interrupting: @escaping @Sendable (pid_t) -> Void = { kill($0, SIGINT) }, killedAfter seconds: Double? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = Self.products.appendingPathComponent(name)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["ANTIPODE_STORE"] = store?.path
    environment["COLUMNS"] = "80"
    for (key, value) in changes { environment[key] = value }
    process.environment = environment
    let output = Pipe(), messages = Pipe(), source = Pipe()
    process.standardOutput = output
    process.standardError = messages
    process.standardInput = source
    try process.run()
    try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try source.fileHandleForWriting.close()

    let told = Mutex(""), finished = DispatchSemaphore(value: 0)
    let reader = Thread {
      var cue = cue
      while case let data = messages.fileHandleForReading.availableData, !data.isEmpty {
        let text = told.withLock {
          $0 += String(decoding: data, as: UTF8.self)
          return $0
        }
        if let awaited = cue, text.contains(awaited) {
          interrupting(process.processIdentifier)
          cue = nil
        }
      }
      finished.signal()
    }
    reader.start()
    // A tool that hangs must not hang the tests. Other tests keep the processor busy beside it, so it may take its
    // time.
    let watchdog = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + (seconds ?? 900), execute: watchdog)
    let written = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    watchdog.cancel()
    finished.wait()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: written, as: UTF8.self),
      messages: told.withLock { $0 })
  }

  /// The repository's root.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Where the build puts executables, these tests' own too.
  static let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
}
