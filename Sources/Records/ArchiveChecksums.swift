import Stages
import Fingerprints
import Foundation

/// The hashes of an archive's files, which are its last file, in the form that `sha256sum --check` reads: what the
/// artifacts' own hashes leave out, such as times and environments in records, can't change on the way either.
struct ArchiveChecksums {
  /// The name of the file.
  static let name = "SHA256SUMS"

  /// A line for each file, in the archive's order: its SHA-256, two spaces, its name.
  private(set) var lines: [String] = []

  mutating func add(_ name: String, _ data: Data) { lines.append("\(Fingerprint(ofBytes: data))  \(name)") }

  var data: Data { Data(lines.map { $0 + "\n" }.joined().utf8) }
}
