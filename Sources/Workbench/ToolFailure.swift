import Foundation

/// How a tool ends with an error: one message on standard error, one exit status.
package enum ToolFailure {
  /// Writes the message and gives the exit status that belongs to it.
  package static func report(_ error: any Error, tool: String) -> Int32 {
    FileHandle.standardError.write(Data("\(tool): \(error)\n".utf8))
    return ExitStatus(for: error).rawValue
  }
}
