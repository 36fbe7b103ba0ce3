import Stages
import Fingerprints
import Foundation
import Messages

/// The few file operations of the store, each with a clear error and each durable when it returns.
enum StoreFiles {
  static func text(of file: URL) throws -> String {
    let data = try data(of: file)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw RecordsError.malformed(
        path: file.path, place: "", found: "bytes that are not UTF-8", expected: "UTF-8 text")
    }
    return text
  }

  static func data(of file: URL) throws -> Data {
    do {
      return try Data(contentsOf: file)
    } catch {
      throw RecordsError.cannotRead(path: file.path, reason: SystemError.wording(error))
    }
  }

  static func write(_ data: Data, to file: URL) throws {
    do {
      try data.write(to: file)
    } catch {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
    }
  }

  static func makeFolder(_ folder: URL) throws {
    // Mostly it is there, or lacks but itself; each further look is one more that a network file system is asked for.
    if mkdir(folder.path, 0o777) == 0 || errno == EEXIST && isFolder(folder) { return }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RecordsError.cannotWrite(path: folder.path, reason: SystemError.wording(error))
    }
  }

  /// Writes a file whole or not at all: next to its place, synced, then renamed over it.
  static func replace(_ file: URL, with data: Data) throws {
    let temporary = file.deletingLastPathComponent()
      .appending(path: ".\(file.lastPathComponent).\(UUID().uuidString)")
    do {
      try write(data, to: temporary)
      try synchronize(temporary)
      try rename(temporary, to: file)
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
    try synchronize(file.deletingLastPathComponent())
  }

  static func rename(_ source: URL, to target: URL) throws {
    guard Foundation.rename(source.path, target.path) == 0 else {
      throw RecordsError.cannotWrite(path: target.path, reason: SystemError.last)
    }
  }

  /// Forces a file's bytes, or a folder's entries, to the disk.
  static func synchronize(_ file: URL) throws {
    let descriptor = open(file.path, O_RDONLY)
    guard descriptor >= 0 else {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.last)
    }
    defer { close(descriptor) }
    // Some file systems can't sync a folder and say so with EINVAL; the rename is then as durable as they make it.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.last)
    }
  }

  /// Forces a folder with all that it holds to the disk.
  static func synchronize(everythingIn folder: URL) throws {
    for name in try names(in: folder) {
      let entry = folder.appending(path: name)
      if isFolder(entry) {
        try synchronize(everythingIn: entry)
      } else {
        try synchronize(entry)
      }
    }
    try synchronize(folder)
  }

  private static func isFolder(_ file: URL) -> Bool {
    var status = stat()
    return stat(file.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted; none when there is no such folder.
  static func names(in folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted {
        $0.utf8.lexicographicallyPrecedes($1.utf8)
      }
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
      return []
    } catch {
      throw RecordsError.cannotRead(path: folder.path, reason: SystemError.wording(error))
    }
  }

  static func exists(_ file: URL) -> Bool {
    access(file.path, F_OK) == 0
  }

  /// The size of a file; nil where there is none.
  static func size(of file: URL) -> Int? {
    var status = stat()
    return lstat(file.path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// The paths of all files beneath a folder, relative to it, sorted. Throws for anything that is neither a file nor
  /// a folder, since a link's content could change behind the record.
  static func files(beneath folder: URL) throws -> [String] {
    var files: [String] = []
    for name in try names(in: folder) {
      let entry = folder.appending(path: name)
      let type = try? FileManager.default.attributesOfItem(atPath: entry.path)[.type] as? FileAttributeType
      switch type {
      case .typeRegular: files.append(name)
      case .typeDirectory: files += try self.files(beneath: entry).map { "\(name)/\($0)" }
      default:
        throw RecordsError.malformed(
          path: entry.path, place: "", found: "neither a file nor a folder", expected: "plain files in an artifact")
      }
    }
    return files
  }

  /// The size and the SHA-256 of a file, read a mebibyte at a time.
  static func measure(_ file: URL) throws -> (size: Int, sha256: Fingerprint) {
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      var size = 0
      let hash = try Fingerprint(ofPieces: {
        guard let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty else { return nil }
        size += piece.count
        return piece
      })
      return (size, hash)
    } catch {
      throw RecordsError.cannotRead(path: file.path, reason: SystemError.wording(error))
    }
  }
}
