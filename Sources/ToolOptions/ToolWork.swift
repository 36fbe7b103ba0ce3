package import ArgumentParser
import Foundation
import Messages

extension ParsableCommand {
  /// Runs a command's work; an error becomes one message on standard error, and the exit status that it names.
  package func reporting(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch {
      throw Self.exit(for: error)
    }
  }

  /// Prints a line on standard output.
  /// - Throws: `OutputError` where it can't be written.
  package func printLine(_ text: String = "") throws { try StandardStreams.write(text + "\n") }

  /// The exit for an error, whose message is told.
  fileprivate static func exit(for error: any Error) -> any Error {
    if error is ExitCode { return error }
    StandardStreams.tell("\(rootName): \(error)\n")
    return ExitCode(((error as? any StatusError)?.exitStatus ?? .failed).rawValue)
  }

  /// The tool's name.
  private static var rootName: String {
    CommandLine.arguments.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "antipode"
  }
}

extension AsyncParsableCommand {
  /// As ``ParsableCommand/reporting(_:)``, for work that waits.
  package nonisolated(nonsending) func reporting(_ work: nonisolated(nonsending) () async throws -> Void) async throws {
    do {
      try await work()
    } catch {
      throw Self.exit(for: error)
    }
  }
}

extension ExitStatus {
  /// What ends a tool with this status.
  package var exit: ExitCode { ExitCode(rawValue) }
}

extension ParsableCommand {
  /// Runs the tool: reads the command line, and prints help, versions and scripts as checked as anything else.
  package static func runTool() {
    StandardStreams.secure()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      finish(with: error)
    }
  }

  /// Ends the process with what an error is: help that was asked for, bad usage, or an exit status.
  fileprivate static func finish(with error: any Error) -> Never {
    let status = exitCode(for: error), text = fullMessage(for: error)
    if !status.isSuccess {
      if !text.isEmpty { StandardStreams.tell(text + "\n") }
      Foundation.exit(status.rawValue)
    }
    do {
      try StandardStreams.write(text.isEmpty ? "" : text + "\n")
    } catch {
      Foundation.exit(Self.exitCode(for: exit(for: error)).rawValue)
    }
    Foundation.exit(status.rawValue)
  }
}

extension AsyncParsableCommand {
  /// As ``ParsableCommand/runTool()``, for a tool with commands that wait.
  package static func runTool() async {
    StandardStreams.secure()
    do {
      var command = try parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
    } catch {
      finish(with: error)
    }
  }
}
