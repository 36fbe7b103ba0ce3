import Foundation
import Messages
import Stages

/// A folder with numbered leases, of which the last counts, and beside each a folder of its owner's.
struct LeaseFolder {
  private let folder: URL
  private static let prefix = "lease-"

  init(_ folder: URL) { self.folder = folder }

  private func lease(_ number: Int) -> URL { folder.appending(path: "\(Self.prefix)\(number)") }
  private func work(_ number: Int) -> URL { folder.appending(path: "\(number)") }

  private static func numbers(_ names: [String]) -> [Int] {
    names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
  }

  /// Who holds the last lease; nil for nobody.
  func holder() throws -> LeaseRecord? {
    guard let last = Self.numbers(try StoreFiles.names(in: folder)).max(), let found = LeaseFile(lease(last)),
      !found.isOver(at: Date())
    else { return nil }
    return found.record
  }

  /// Takes the next lease, where the last is over; nil where it is not.
  func claim() throws -> (lease: Lease, number: Int)? {
    // Who only waits writes nothing. This host's clock will do to tell a lease that lives.
    if try holder() != nil { return nil }
    while true {
      let record = LeaseRecord(), draft = folder.appending(path: ".\(record.identifier)")
      try StoreFiles.makeFolder(folder)
      do {
        try CanonicalFile.write(record, to: draft)
      } catch {
        // Whoever finished the stage has just removed its folder.
        if !StoreFiles.exists(folder) { continue }
        throw error
      }
      // What was just written tells the server's time, and makes its host look at the folder anew.
      guard let now = StoreFiles.modificationDate(of: draft) else { continue }
      let last = Self.numbers(try StoreFiles.names(in: folder)).max() ?? 0
      if last > 0, let found = LeaseFile(lease(last)), !found.isOver(at: now) {
        unlink(draft.path)
        return nil
      }
      guard try StoreFiles.claim(lease(last + 1), with: draft) else { continue }
      let lease = Lease(
        file: lease(last + 1), record: record, successor: lease(last + 2), leavesMark: true)
      return (lease, last + 1)
    }
  }

  /// The folder of one part of a stage's requests, within the stage's.
  func part(_ part: RequestPart) -> LeaseFolder {
    LeaseFolder(folder.appending(path: "\(Self.partPrefix)\(part.number + 1)-of-\(part.count)"))
  }

  /// The folders of the parts that somebody began.
  var parts: [LeaseFolder] {
    get throws {
      try StoreFiles.names(in: folder).filter { $0.hasPrefix(Self.partPrefix) }
        .map { LeaseFolder(folder.appending(path: $0)) }
    }
  }

  private static let partPrefix = "part-"

  /// A file that says that a part is done.
  var done: URL { folder.appending(path: "done") }

  /// What the last owner before a number left, in a folder with some names.
  private func last(before number: Int = .max, of names: [String]) -> URL? {
    names.compactMap(Int.init).filter { $0 < number }.max().map(work)
  }

  /// The folder of a lease's owner. What the last owner before it left is copied into it, since that one may not be
  /// dead, and go on writing; and what was left of the stage's parts. Rows of one name are put together.
  func workFolder(_ number: Int) throws -> URL {
    let own = work(number)
    if StoreFiles.exists(own) { return own }
    let draft = folder.appending(path: ".work-\(UUID().uuidString)")
    try StoreFiles.makeFolder(draft)
    let names = try StoreFiles.names(in: folder)
    // Checkpoints of versions that had one folder for all lie in the folder itself.
    var sources = [last(before: number, of: names) ?? folder]
    for part in try parts {
      if let left = part.last(of: try StoreFiles.names(in: part.folder)) { sources.append(left) }
    }
    for source in sources { try Self.copyFiles(of: source, to: draft) }
    try StoreFiles.rename(draft, to: own)
    return own
  }

  /// Copies the files in a folder. What can't be read any more is made anew by the stage.
  private static func copyFiles(of source: URL, to target: URL) throws {
    for name in try StoreFiles.names(in: source)
    where !name.hasPrefix(".") && !name.hasPrefix(prefix) && !["lock", FailureRecord.fileName].contains(name) {
      var status = stat()
      let file = source.appending(path: name), copy = target.appending(path: name)
      guard stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, var data = try? Data(contentsOf: file)
      else { continue }
      if name.hasSuffix(".jsonl") {
        // The last row may be cut off.
        if let end = data.last, end != UInt8(ascii: "\n") { data.append(UInt8(ascii: "\n")) }
        data = ((try? Data(contentsOf: copy)) ?? Data()) + data
      }
      try StoreFiles.write(data, to: copy)
    }
  }
}
