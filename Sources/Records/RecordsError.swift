package import Messages
import Stages
package import Fingerprints
import Foundation

/// A record that can't be read or written, or a hash that names nothing or too much.
package enum RecordsError: Error, Sendable, CustomStringConvertible {
  /// A file or folder of the store can't be written.
  case cannotWrite(path: String, reason: String)
  /// A file or folder of the store can't be read.
  case cannotRead(path: String, reason: String)
  /// A stored file does not hold what it should. `place` is a line, or a key, or empty.
  case malformed(path: String, place: String, found: String, expected: String)
  /// An artifact or experiment that can't be trusted.
  case damaged(folder: String, reason: String)
  /// The text can't be the beginning of a fingerprint.
  case notAPrefix(String)
  /// No record's fingerprint begins so.
  case nothingMatches(prefix: String, kind: String, folder: String)
  /// Several records' fingerprints begin so.
  case severalMatch(prefix: String, kind: String, matches: [Fingerprint])
  /// The index can't be used, and rebuilding it did not help.
  case index(path: String, reason: String)

  /// The file, the place in it, what was found, what was expected, and what to do.
  package var description: String {
    switch self {
    case .cannotWrite(let path, let reason):
      return "\(path): can't be written (\(reason)); free space there, allow writing, or choose another store"
    case .cannotRead(let path, let reason):
      return "\(path): can't be read (\(reason))"
    case .malformed(let path, let place, let found, let expected):
      return "\(path): " + (place.isEmpty ? "" : "\(place): ") + "found \(found), expected \(expected)"
    case .damaged(let folder, let reason):
      return "\(folder): damaged: \(reason); remove this folder, and run the same command again"
    case .notAPrefix(let text):
      return "\"\(text)\": expected a hash or a prefix of one (1 to 64 of the digits 0-9 and a-f)"
    case .nothingMatches(let prefix, let kind, let folder):
      return "\(prefix): no \(kind) in \(folder) has this prefix; `ablate list` shows what there is"
    case .severalMatch(let prefix, let kind, let matches):
      let shown = matches.prefix(10).map { "\n  \($0)" }.joined()
      let more = matches.count > 10 ? "\n  and \(matches.count - 10) more" : ""
      return "\(prefix): \(matches.count) \(kind)s have this prefix; give more digits:\(shown)\(more)"
    case .index(let path, let reason):
      return "\(path): the index can't be used (\(reason)); remove the file; it is rebuilt from the store"
    }
  }
}

extension RecordsError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .notAPrefix: .usage
    case .nothingMatches, .severalMatch: .missingInput
    case .cannotWrite: .cannotWrite
    case .cannotRead, .malformed, .damaged, .index: .badData
    }
  }
}
