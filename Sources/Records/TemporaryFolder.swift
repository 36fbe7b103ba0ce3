import Foundation
import Synchronization

/// Names of folders for what is being written. They tell who writes there, so that the next process can tell what a
/// dead one has left: boot, process namespace, process and job. Two containers can have the same host name and the
/// same process id.
enum TemporaryFolder {
  static func name() -> String {
    let owner = LeaseOwner.current
    return [
      owner.place, "\(owner.process)", owner.job.map(LeaseOwner.name) ?? "_", UUID().uuidString,
    ].joined(separator: "-")
  }

  /// Removes the folders of processes that are no more: those that count their processes as this one does, and, once
  /// in a process's life, others that are a month old.
  static func removeAbandoned(in folder: URL) throws {
    let looksAtOthers = hasLookedAtOthers.withLock { hasLooked in
      defer { hasLooked = true }
      return !hasLooked
    }
    let month = 30.0 * 24 * 3600
    for name in try StoreFiles.names(in: folder) {
      let entry = folder.appending(path: name)
      let isAbandoned: Bool
      if let process = process(of: name) {
        isAbandoned = kill(process, 0) != 0 && errno == ESRCH
      } else if looksAtOthers, let modified = StoreFiles.modificationDate(of: entry) {
        isAbandoned = Date().timeIntervalSince(modified) > month
      } else {
        isAbandoned = false
      }
      if isAbandoned { try? FileManager.default.removeItem(at: entry) }
    }
  }

  private static let hasLookedAtOthers = Mutex(false)

  /// The process that writes there; nil where its number means nothing here.
  private static func process(of name: String) -> pid_t? {
    let place = LeaseOwner.current.place + "-"
    guard name.hasPrefix(place), let process = pid_t(name.dropFirst(place.count).prefix { $0 != "-" }), process > 0
    else { return nil }
    return process
  }
}
