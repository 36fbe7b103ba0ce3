import Dispatch
import Foundation

/// A program with its leading arguments, found in the folders of `PATH`, to be run without input or output.
package struct Command {
  /// How a run ended.
  package struct Result {
    /// The exit status, or the signal's number.
    package let status: Int32
    /// What the program wrote to standard error.
    let errors: String

    /// The end of `errors`, in one line for a message.
    package var lastErrorLines: String {
      let lines = errors.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
      return lines.isEmpty ? "no message" : lines.suffix(3).joined(separator: " | ")
    }
  }

  private let executable: String
  private let leadingArguments: [String]
  /// The environment variables that it gets.
  var environment: [String: String]
  /// The command as a user would type it.
  let shown: String

  /// Looks the program up; `nil` if no folder of the environment's `PATH` has it.
  package init?(_ name: String, _ leadingArguments: [String], environment: [String: String]) {
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    guard
      let executable = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { return nil }
    self.executable = executable
    self.leadingArguments = leadingArguments
    self.environment = environment
    shown = ([name] + leadingArguments).joined(separator: " ")
  }

  /// Runs the program to its end.
  /// - Parameters:
  ///   - arguments: the arguments after the leading ones.
  ///   - errorsPath: a file to hold standard error meanwhile. A pipe that nobody empties would stop a talkative
  ///     program.
  ///   - goesOn: asked ten times a second; where it says no, the program is killed.
  /// - Throws: Foundation's error if the program can't be started.
  package func run(_ arguments: [String], errorsTo errorsPath: String, goesOn: () -> Bool = { true }) throws -> Result {
    try Data().write(to: URL(fileURLWithPath: errorsPath))
    let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
    defer { try? errors.close() }

    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = leadingArguments + arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    while ended.wait(timeout: .now() + 0.1) == .timedOut {
      guard goesOn() else {
        // With all that it started, where it leads a group of its own; pip may be a script that runs Python. Not by
        // SIGTERM: a program inherits the mask of the thread that starts it, which may block that.
        let program = process.processIdentifier
        if kill(-program, SIGKILL) != 0 { kill(program, SIGKILL) }
        break
      }
    }
    process.waitUntilExit()

    let written = (try? Data(contentsOf: URL(fileURLWithPath: errorsPath))) ?? Data()
    return Result(status: process.terminationStatus, errors: String(decoding: written, as: UTF8.self))
  }
}
