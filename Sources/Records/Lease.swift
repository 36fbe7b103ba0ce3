import Foundation
import Synchronization

/// Something that this process holds for itself, as a file says that other processes read.
///
/// The file is written anew as a sign of life, until the lease is given back or dropped; that of a process that ended
/// before its time expires. No lock of the system is used: on many network file systems those are refused, or hold on
/// one host only.
package final class Lease: Sendable {
  private struct State {
    var record: LeaseRecord
    var beat = ContinuousClock.now
    var isLost = false
    var isOver = false
  }

  private let file: URL
  /// What is there once another process has taken over; nil where none can.
  private let successor: URL?
  /// Whether the file stays, saying that nobody holds it.
  private let leavesMark: Bool
  private let state: Mutex<State>

  init(file: URL, record: LeaseRecord, successor: URL? = nil, leavesMark: Bool = false) {
    self.file = file
    self.successor = successor
    self.leavesMark = leavesMark
    state = Mutex(State(record: record))
    Heart.shared.add(self)
  }

  deinit { end() }

  /// Whether another process has taken over, as it may once a lease has expired. What both compute is the same.
  package var isLost: Bool { state.withLock { $0.isLost } }

  /// Whether another process has taken over, by a look at the files: for who stumbles over what that one removed,
  /// before the next sign of life was due.
  func isFoundLost() -> Bool {
    isLost || successor.map(StoreFiles.exists) == true || !StoreFiles.exists(file)
  }

  /// Notes how far its owner is; others read it with the next sign of life.
  package func note(_ progress: LeaseRecord.Progress) { state.withLock { $0.record.progress = progress } }

  /// Gives the lease back.
  package func end() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isOver = true
      if leavesMark {
        state.record.isReleased = true
        // Where it can't be said, it expires.
        if !state.isLost { try? write(state.record) }
      } else {
        unlink(file.path)
      }
    }
  }

  /// Ends without a word: what it was for is done, and its folder removed.
  func forget() { state.withLock { $0.isOver = true } }

  /// Gives a sign of life where one is due.
  /// - Returns: Whether the lease goes on.
  fileprivate func beat() -> Bool {
    state.withLock { state in
      guard !state.isOver, !state.isLost else { return false }
      let now = ContinuousClock.now
      // Two may fail, or be late, before it is taken for dead.
      guard now - state.beat >= .milliseconds(state.record.seconds * 1000 / 6) else { return true }
      state.beat = now
      if let successor, StoreFiles.exists(successor) {
        state.isLost = true
        return false
      }
      do {
        try write(state.record)
      } catch {
        // A folder that is gone: another process took over, and has finished.
        state.isLost = !StoreFiles.exists(file.deletingLastPathComponent())
      }
      return !state.isLost
    }
  }

  private func write(_ record: LeaseRecord) throws {
    let draft = file.deletingLastPathComponent().appending(path: ".\(record.identifier).beat")
    do {
      try CanonicalFile.write(record, to: draft)
      try StoreFiles.rename(draft, to: file)
    } catch {
      unlink(draft.path)
      throw error
    }
  }
}

/// Gives the signs of life of all leases of this process, from a thread of its own.
private final class Heart: Sendable {
  static let shared = Heart()

  private struct Held: Sendable { weak var lease: Lease? }
  private let held = Mutex<(leases: [Held], isRunning: Bool)>(([], false))

  func add(_ lease: Lease) {
    held.withLock { held in
      held.leases.append(Held(lease: lease))
      guard !held.isRunning else { return }
      held.isRunning = true
      Thread.detachNewThread { [self] in
        while true {
          Thread.sleep(forTimeInterval: Self.interval)
          let leases = self.held.withLock { held in
            held.leases.removeAll { $0.lease == nil }
            return held.leases.compactMap(\.lease)
          }
          for lease in leases { _ = lease.beat() }
        }
      }
    }
  }

  private static let interval = min(1, Double(LeaseRecord.duration) / 12)
}
