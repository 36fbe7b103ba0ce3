import Fingerprints
import Foundation

/// The SHA-256 of model files, of which a model may have several.
///
/// Reading gigabytes to hash them takes seconds, so what was found is remembered in the cache folder, under the file's
/// path, device, number, size, and its times of change to the nanosecond: a file that is written to is hashed again.
/// A file that changes while it is hashed, or changed right before, is not remembered: the system's clock for times of
/// change ticks slower than a program writes, so that its next change might leave the times as they are.
struct ContentHash {
  /// The folder of what is remembered; nil to remember nothing.
  let cache: String?

  /// Files below this many bytes are hashed in no time.
  var smallestRemembered = 64 << 20
  /// How many seconds a file must have been left alone to be remembered.
  var settledAfter = 2

  /// The SHA-256 of one file, 64 lower-case hexadecimal digits.
  /// - Throws: `ModelFileError.unreadable`.
  func file(_ path: String) throws(ModelFileError) -> String {
    guard let cache, let before = Self.status(path), before.st_size >= smallestRemembered else {
      return try MappedFile(path: path).sha256()
    }
    let identity = Self.identity(path, before)
    let entry = "\(cache)/\(Fingerprint(ofBytes: Data(identity.utf8)).hexadecimal)"
    if let known = try? String(contentsOfFile: entry, encoding: .utf8), Fingerprint(hexadecimal: known) != nil {
      return known
    }
    let hash = try MappedFile(path: path).sha256()
    let settled = time(nil) - settledAfter
    guard let after = Self.status(path), Self.identity(path, after) == identity,
      after.st_mtim.tv_sec < settled, after.st_ctim.tv_sec < settled
    else { return hash }
    // Only a convenience: where it can't be kept, the file is hashed again the next time.
    try? FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    try? Data(hash.utf8).write(to: URL(fileURLWithPath: entry), options: .atomic)
    return hash
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// What makes a file this one in this state.
  private static func identity(_ path: String, _ status: stat) -> String {
    [
      URL(fileURLWithPath: path).standardizedFileURL.path, "\(status.st_dev)", "\(status.st_ino)", "\(status.st_size)",
      "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)", "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)",
    ].joined(separator: "\n")
  }

  /// The SHA-256 of several files: that of the lines "HASH  NAME", as sha256sum writes them.
  func files(_ files: [(name: String, path: String)]) throws(ModelFileError) -> String {
    var lines = ""
    for file in files { lines += "\(try self.file(file.path))  \(file.name)\n" }
    return Fingerprint(ofBytes: Data(lines.utf8)).hexadecimal
  }
}
