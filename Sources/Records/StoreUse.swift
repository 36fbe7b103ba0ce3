import Foundation

/// Taking part in the use of a store, or having it to oneself.
///
///     users/ID         a process that uses the store
///     users/alone-ID   a process that wants it to itself
package struct StoreUse: Sendable {
  private let lease: Lease

  fileprivate init(_ lease: Lease) { self.lease = lease }

  /// Ends the use.
  package func end() { lease.end() }
}

extension ArtifactStore {
  private static let alone = "alone-"

  /// Takes part in the use of the store, or takes it for oneself; nil while others keep one from it. What only reads
  /// need not: files are replaced whole. Throws `RecordsError.cannotWrite`.
  package func use(exclusively: Bool) throws -> StoreUse? {
    let users = folder.appending(path: "users"), record = LeaseRecord()
    let own = (exclusively ? Self.alone : "") + record.identifier, file = users.appending(path: own)
    try StoreFiles.makeFolder(users)
    try CanonicalFile.write(record, to: file)
    let lease = Lease(file: file, record: record)
    // Each says that it is there before it looks at who else is: of two, one at least sees the other.
    guard let now = StoreFiles.modificationDate(of: file) else {
      throw RecordsError.cannotWrite(path: file.path, reason: "it vanished")
    }
    for name in try StoreFiles.names(in: users) where name != own && !name.hasPrefix(".") {
      guard exclusively || name.hasPrefix(Self.alone) else { continue }
      let other = users.appending(path: name)
      guard let found = LeaseFile(other) else { continue }
      guard found.isOver(at: now) else {
        lease.end()
        return nil
      }
      unlink(other.path)
    }
    return StoreUse(lease)
  }
}
