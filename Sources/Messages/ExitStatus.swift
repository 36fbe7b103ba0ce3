/// The exit statuses of the tools, after `sysexits.h` where it has one.
package enum ExitStatus: Int32, Sendable {
  case done = 0
  /// A failure of none of the kinds below.
  case failed = 1
  /// A rerun whose outputs differ.
  case differs = 2
  /// Some cells failed.
  case cellsFailed = 3
  /// Bad usage.
  case usage = 64
  /// A bad manifest, model file or data.
  case badData = 65
  case missingInput = 66
  /// Something that the system lacks: memory.
  case systemError = 71
  /// Something that can't be written.
  case cannotWrite = 73
  /// Interrupted but resumable.
  case interrupted = 75
}

/// An error with a message for the user, that says with which status a tool ends with it.
package protocol StatusError: Error, CustomStringConvertible {
  /// The status.
  var exitStatus: ExitStatus { get }
}
