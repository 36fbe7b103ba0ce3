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

  /// The exit for an error, whose message is told.
  fileprivate static func exit(for error: any Error) -> any Error {
    if error is ExitCode { return error }
    FileHandle.standardError.write(Data("\(rootName): \(error)\n".utf8))
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
