package import Foundation
import JSON
import Messages

/// What a lease's file says.
package struct LeaseRecord: Sendable, Hashable, Codable {
  /// How far a stage is.
  package struct Progress: Sendable, Hashable, Codable {
    /// Units done.
    package var done: Int
    /// Units in all.
    package var total: Int
    /// What is counted, in the plural.
    package var unit: String

    package init(done: Int, total: Int, unit: String) {
      self.done = done
      self.total = total
      self.unit = unit
    }
  }

  /// Who holds it.
  package var owner: LeaseOwner
  /// No other lease has it.
  var identifier: String
  /// Since when.
  package var began: Date
  /// How long it lasts behind its last sign of life.
  var seconds: Int
  /// How far its owner is.
  package var progress: Progress?
  /// Whether its owner has given it back; nil for no.
  var isReleased: Bool?

  /// A new lease of this process.
  init() {
    owner = .current
    identifier = UUID().uuidString
    began = Date()
    seconds = Self.duration
  }

  /// How long a lease lasts without a sign of life. Longer than a network file system keeps attributes (a minute, as it
  /// is usually mounted), so that what looks expired is. `ANTIPODE_LEASE_SECONDS` names another duration.
  static let duration =
    ProcessInfo.processInfo.environment["ANTIPODE_LEASE_SECONDS"].flatMap(Int.init)
    .flatMap { $0 > 0 ? $0 : nil } ?? 300
}

/// A lease's file as it was found.
package struct LeaseFile: Sendable {
  /// What it says; nil where that can't be read.
  package var record: LeaseRecord?
  /// The last sign of life, by the clock of the file system's server, as all times of files are.
  package var modified: Date

  /// Reads a lease's file; nil where there is none. It is opened even for its times: a network file system asks its
  /// server for them then.
  init?(_ file: URL) {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    modified = status.modificationDate
    let data = (try? handle.readToEnd()) ?? Data()
    record = try? JSONValue(JSONElement(parsing: data)).decoded(as: LeaseRecord.self)
  }

  /// Whether nobody holds the lease any more.
  /// - Parameter now: The time by the file system's own clock.
  func isOver(at now: Date) -> Bool {
    if record?.isReleased == true || record?.owner.isDead == true { return true }
    return now.timeIntervalSince(modified) > Double(record?.seconds ?? LeaseRecord.duration)
  }
}

extension stat {
  /// When the file was last written.
  var modificationDate: Date {
    #if canImport(Darwin)
      let time = st_mtimespec
    #else
      let time = st_mtim
    #endif
    return Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
  }
}

extension StoreFiles {
  /// When a file was last written, by the file system's clock; nil where there is none.
  static func modificationDate(of file: URL) -> Date? {
    var status = stat()
    return stat(file.path, &status) == 0 ? status.modificationDate : nil
  }

  /// Puts a file in place only where nothing of its name is there.
  /// - Parameter draft: The file, whole, in the same folder; it is gone afterwards, unless this throws.
  /// - Returns: Whether it was put there.
  static func claim(_ file: URL, with draft: URL) throws -> Bool {
    defer { unlink(draft.path) }
    if link(draft.path, file.path) == 0 { return true }
    let reason = errno
    // A server's reply can be lost: then the link is there, and a second try finds it.
    var status = stat()
    if stat(draft.path, &status) == 0, status.st_nlink == 2 { return true }
    if reason == EEXIST { return false }
    guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(reason) else {
      if reason == ENOENT { return false }
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(reason))
    }
    // A file system without links. The file is seen half written for a moment; its time is that of a living lease.
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST || errno == ENOENT { return false }
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.last)
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try handle.write(contentsOf: data(of: draft))
    } catch {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
    }
    return true
  }
}
