package import Foundation
package import Messages
import ModelFiles

/// Files that are compressed by gzip or xz, as data sets often are: the system's programs expand them.
package enum CompressedFile {
  /// A kind of compression.
  private enum Kind: String, CaseIterable {
    case gzip, xz

    /// How its files begin.
    var mark: [UInt8] {
      switch self {
      case .gzip: [0x1F, 0x8B]
      case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
      }
    }

    /// How its files' names end.
    var ending: String {
      switch self {
      case .gzip: ".gz"
      case .xz: ".xz"
      }
    }
  }

  /// The endings of compressed files' names.
  package static let endings = Kind.allCases.map(\.ending)

  /// Larger texts are no data set's that this project reads.
  private static let largestSize = 256 << 20

  /// The content of a file that may be compressed; the bytes as they are where they are not.
  /// - Parameters:
  ///   - path: The file's name, for messages alone.
  ///   - environment: The variables, of which `PATH` counts.
  /// - Throws: ``CompressionError``.
  package static func expanded(
    _ bytes: Data, path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Data {
    guard let kind = Kind.allCases.first(where: { bytes.starts(with: $0.mark) }) else { return bytes }
    guard let command = Command(kind.rawValue, ["--decompress", "--force"], environment: environment) else {
      throw CompressionError.noProgram(path: path, program: kind.rawValue)
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let content = folder.appending(path: "content"), packed = folder.appending(path: "content\(kind.ending)")
    try bytes.write(to: packed)
    func size() -> Int {
      (try? FileManager.default.attributesOfItem(atPath: content.path)[.size] as? Int) ?? 0
    }
    let result = try command.run([packed.path], errorsTo: folder.appending(path: "errors").path) {
      size() <= largestSize
    }
    guard size() <= largestSize else { throw CompressionError.tooLarge(path: path, limit: largestSize) }
    guard result.status == 0 else {
      throw CompressionError.damaged(
        path: path, program: kind.rawValue,
        reason: result.lastErrorLines.replacing(packed.path, with: "the file"))
    }
    return try Data(contentsOf: content)
  }
}

/// Why a compressed file can't be read.
package enum CompressionError: Error, Equatable, CustomStringConvertible {
  /// The program that expands it is not installed.
  case noProgram(path: String, program: String)
  /// The program could not expand it.
  case damaged(path: String, program: String, reason: String)
  /// It holds more than a data set does.
  case tooLarge(path: String, limit: Int)

  /// What is wrong, where, and what to do.
  package var description: String {
    switch self {
    case .noProgram(let path, let program):
      "\(path): found a file that is compressed by \(program), and no \(program) in the folders of PATH. Install it "
        + "(Debian: `apt-get install \(program == "xz" ? "xz-utils" : program)`), or expand the file elsewhere."
    case .damaged(let path, let program, let reason):
      "\(path): \(program) could not expand it (\(reason)). The file is damaged or cut; get it anew."
    case .tooLarge(let path, let limit):
      "\(path): found more than \(ByteCount(limit)) when it is expanded, expected a data set's size. Take the part "
        + "that is asked for."
    }
  }
}

extension CompressionError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .noProgram: .missingInput
    case .damaged, .tooLarge: .badData
    }
  }
}
