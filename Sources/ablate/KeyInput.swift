import Foundation
import Workbench

/// Keys from standard input, one at a time: on a terminal as they are pressed, else as they come, line ends passed
/// over.
struct KeyInput {
  /// Whether somebody sits at it.
  let isTerminal = isatty(STDIN_FILENO) == 1

  /// The next key; nil at the end.
  /// - Throws: ``WorkbenchError/interrupted`` after Ctrl-C.
  func next() throws -> Character? {
    var before = termios()
    let isRaw = isTerminal && tcgetattr(STDIN_FILENO, &before) == 0
    if isRaw {
      var raw = before
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    }
    // Between two keys the terminal is as it was.
    defer { if isRaw { tcsetattr(STDIN_FILENO, TCSANOW, &before) } }
    while true {
      try Interruption.check()
      var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 200) > 0 else { continue }
      var byte: UInt8 = 0
      let count = read(STDIN_FILENO, &byte, 1)
      if count < 0, errno == EINTR { continue }
      // Ctrl-D ends a terminal's input.
      guard count == 1, byte != 4 else { return nil }
      let key = Character(UnicodeScalar(byte))
      if !key.isWhitespace { return key }
    }
  }
}
