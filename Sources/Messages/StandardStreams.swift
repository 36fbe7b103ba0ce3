import Foundation

/// The standard streams of a process, written to so that no failure is lost where it matters, and none ends the process
/// where it does not.
package enum StandardStreams {
  /// Sees to it that all three are open. A file that is opened later would otherwise get the number of one that is not,
  /// and what is meant for a terminal would be written into it. What stands in for a closed stream can be neither read
  /// nor written.
  package static func secure() {
    for (number, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(number, F_GETFD) == -1 {
      let place = open("/dev/null", mode)
      if place >= 0, place != number {
        dup2(place, number)
        close(place)
      }
    }
  }

  /// Writes a text to standard output.
  /// - Throws: ``OutputError`` where any of it can't be written.
  package static func write(_ text: String) throws(OutputError) {
    guard write(text, to: STDOUT_FILENO) else { throw OutputError(reason: SystemError.last) }
  }

  /// Writes a text to standard error, as far as it can be: messages are no results.
  package static func tell(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  private static func write(_ text: String, to file: Int32) -> Bool {
    Array(text.utf8).withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}

/// Standard output that can't be written.
package struct OutputError: StatusError {
  /// The system's words for it.
  package let reason: String

  /// The message for the user.
  package var description: String {
    "standard output can't be written (\(reason)); the output is incomplete. Free space there, or print "
      + "elsewhere."
  }

  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .cannotWrite }
}
