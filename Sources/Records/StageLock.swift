import Stages
package import Fingerprints
import Foundation
import Messages

/// The right to compute one stage, to use the store or to open its index: it dies with its process, however that ends.
///
/// A lock of the system (`flock`) on a file in the stage's work folder, or in the store's. Some file systems know no
/// locks; there nobody waits, and two processes at most do the same work twice, since artifacts are published whole.
package struct StageLock: ~Copyable {
  private let descriptor: Int32

  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }
}

extension ArtifactStore {
  /// Takes part in the use of the store, or takes it for oneself; nil while others keep one from it, and for oneself
  /// also where the file system knows no locks. What only reads need not: files are replaced whole. Throws
  /// `RecordsError.cannotWrite`.
  package func use(exclusively: Bool) throws -> StageLock? {
    try StoreFiles.makeFolder(folder)
    let descriptor = try openLock("lock")
    while flock(descriptor, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
      let reason = errno
      if reason == EINTR { continue }
      close(descriptor)
      return reason == EWOULDBLOCK || exclusively ? nil : StageLock(descriptor: -1)
    }
    return StageLock(descriptor: descriptor)
  }

  /// Waits for the right to open the index, which one at a time may. Throws `RecordsError.cannotWrite`.
  func lockIndex() throws -> StageLock {
    let descriptor = try openLock("index.lock")
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return StageLock(descriptor: descriptor)
  }

  private func openLock(_ name: String) throws -> Int32 {
    let path = folder.appendingPathComponent(name).path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw RecordsError.cannotWrite(path: path, reason: SystemError.last)
    }
    return descriptor
  }

  /// Takes the lock of a stage; nil while another process has it. Throws `RecordsError.cannotWrite`.
  package func lock(_ fingerprint: Fingerprint) throws -> StageLock? {
    while true {
      let path = try workFolder(for: fingerprint).appendingPathComponent("lock").path
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        // Whoever finished the stage has just removed its work folder.
        if errno == ENOENT { continue }
        throw RecordsError.cannotWrite(path: path, reason: SystemError.last)
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        close(descriptor)
        switch reason {
        case EWOULDBLOCK: return nil
        case EINTR: continue
        default: return StageLock(descriptor: -1)
        }
      }
      // A lock on a file that has been removed meanwhile locks nothing.
      var held = stat(), named = stat()
      guard fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino else {
        close(descriptor)
        continue
      }
      return StageLock(descriptor: descriptor)
    }
  }
}
