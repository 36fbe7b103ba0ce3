import Foundation
import Messages

/// A model's file while it is fetched. Each part is written to its final place in it, so that nothing has to be joined,
/// and what is whole stays when the fetch is interrupted.
///
/// One process at a time has it: by a lock of the system (`flock`), which dies with the process. Some file systems know
/// no locks. There two processes may write the same bytes to the same places, which harms neither.
struct PartialFile: ~Copyable {
  let path: String
  /// Whether no other process has it.
  let isLocked: Bool
  private let descriptor: Int32

  private init(path: String, isLocked: Bool, descriptor: Int32) {
    self.path = path
    self.isLocked = isLocked
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens the file, or makes it; nil while another process has it.
  /// - Throws: `ModelFileError.unwritable`.
  static func open(_ path: String) throws(ModelFileError) -> PartialFile? {
    while true {
      let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw .unwritableCache(path, SystemError.last) }
      var isLocked = true
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        let reason = errno
        if reason == EINTR { continue }
        if reason == EWOULDBLOCK {
          close(descriptor)
          return nil
        }
        isLocked = false
        break
      }
      // Whoever had it may have moved it to its final place or removed it meanwhile: that lock is of no use.
      var held = stat(), named = stat()
      if fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino {
        return PartialFile(path: path, isLocked: isLocked, descriptor: descriptor)
      }
      close(descriptor)
    }
  }

  /// Which parts are here and whole, by their hashes.
  func wholeParts(of entry: CatalogEntry) throws(ModelFileError) -> Set<Int> {
    let file = try MappedFile(path: path)
    var whole: Set<Int> = [], start = 0
    for (index, part) in entry.parts.enumerated() {
      let range = start..<start + part.bytes
      if range.upperBound <= file.count, file.sha256(of: range) == part.sha256 { whole.insert(index) }
      start = range.upperBound
    }
    return whole
  }

  /// Writes a part to its place.
  /// - Throws: `ModelFileError.unwritable`.
  func write(_ part: MappedFile, at offset: Int) throws(ModelFileError) {
    var offset = offset
    try part.forEachPiece(of: 0..<part.count) { piece throws(ModelFileError) in
      var rest = piece[...]
      while !rest.isEmpty {
        let count = pwrite(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, off_t(offset))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .unwritableCache(path, SystemError.last) }
        rest = rest.dropFirst(count)
        offset += count
      }
    }
  }

  /// Checks the whole and moves it to its final place.
  /// - Throws: `ModelFileError.hashMismatch`, after which the file is gone; `.unwritable`.
  func finish(_ entry: CatalogEntry, at final: String) throws(ModelFileError) {
    guard ftruncate(descriptor, off_t(entry.bytes)) == 0 else { throw .unwritableCache(path, SystemError.last) }
    let hash = try MappedFile(path: path).sha256()
    guard hash == entry.sha256 else {
      remove()
      throw .hashMismatch(
        path: path, found: hash, expected: entry.sha256,
        advice: "each part of \(entry.name) was the right one, but the whole is not, so it was thrown away; "
          + "run the command again, and if that does not help, report it: the catalog is wrong")
    }
    guard fsync(descriptor) == 0, rename(path, final) == 0 else { throw .unwritableCache(final, SystemError.last) }
  }

  /// Removes the file.
  func remove() { unlink(path) }
}

extension ModelFileError {
  static func unwritableCache(_ path: String, _ reason: String) -> ModelFileError {
    .unwritable(path: path, reason: reason, advice: "set ANTIPODE_CACHE to a folder that can be written and has room")
  }
}
