package import Foundation
import Fingerprints
import Messages
import ModelFiles

/// Where a host keeps the indexes of stores.
package struct IndexFolder: Sendable {
  private let folder: URL

  /// A folder that need not exist. It must be this host's own.
  package init(_ folder: URL) { self.folder = folder }

  /// The folder for indexes within this program's cache folder.
  package static let standard = IndexFolder(
    cache: URL(fileURLWithPath: ModelCatalog.cacheFolder(environment: ProcessInfo.processInfo.environment)))

  /// The folder for indexes within a cache folder, or, where that lies on a network, among the host's temporary files.
  package init(cache: URL) {
    folder =
      (Self.isShared(cache)
      ? FileManager.default.temporaryDirectory.appending(path: "antipode-\(getuid())") : cache)
      .appending(path: "indexes")
  }

  /// The place of a store's index. Throws `RecordsError.cannotWrite` where its folder can't be made.
  package func file(of store: ArtifactStore) throws -> URL {
    try StoreFiles.makeFolder(folder)
    // One store by whichever path; two hosts that share the folder after all have each an index of their own.
    let place = store.folder.resolvingSymlinksInPath().standardizedFileURL.path
    let key = Fingerprint(ofBytes: Data("\(LeaseOwner.current.host)\n\(place)".utf8))
    return folder.appending(path: "\(key.short).sqlite")
  }

  /// The right to open an index, which one at a time has.
  struct Lock: ~Copyable {
    fileprivate let descriptor: Int32

    deinit { close(descriptor) }
  }

  /// Waits for the right to open an index. Throws `RecordsError.cannotWrite`.
  static func lock(_ index: String) throws -> Lock {
    let path = index + ".lock", descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RecordsError.cannotWrite(path: path, reason: SystemError.last) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return Lock(descriptor: descriptor)
  }

  /// Whether a place lies on a file system that several hosts may share, as the system's list of mounts says.
  package static func isShared(
    _ place: URL,
    mounts: String = String(decoding: FileManager.default.contents(atPath: mountList) ?? Data(), as: UTF8.self)
  ) -> Bool {
    let path = place.resolvingSymlinksInPath().standardizedFileURL.path
    var found: (length: Int, kind: Substring) = (0, "")
    for line in mounts.split(separator: "\n") {
      // Mount, parent, device, root, place, options; behind a dash the kind of file system.
      let halves = line.split(separator: " - ", maxSplits: 1), fields = halves[0].split(separator: " ")
      guard halves.count == 2, fields.count > 4, let kind = halves[1].split(separator: " ").first else { continue }
      let mount = fields[4].replacing("\\040", with: " ")
      let isAbove = mount == "/" || path == mount || path.hasPrefix(mount + "/")
      // Of two at one place, the later covers the earlier.
      if isAbove, mount.utf8.count >= found.length { found = (mount.utf8.count, kind) }
    }
    return shared.contains { found.kind.hasPrefix($0) }
  }

  private static let mountList = "/proc/self/mountinfo"

  /// How the names of file systems begin that several hosts may share.
  private static let shared = [
    "nfs", "cifs", "smb", "afs", "ceph", "lustre", "gpfs", "beegfs", "ocfs2", "gfs", "9p", "orangefs", "pvfs", "fuse",
    "glusterfs", "panfs", "wekafs", "virtiofs",
  ]
}
