package import Foundation
import Messages

/// Finds files that commands and manifests name: as given, then without regard to case, so that
/// `experiments/alpha.json` finds `Experiments/alpha.json`.
package enum PathLookup {
  /// The file's path.
  /// - Parameters:
  ///   - path: As the user wrote it.
  ///   - folders: Where a relative path may begin, in this order; the current folder comes first in any case.
  /// - Throws: ``WorkbenchError/missingFile(path:tried:)``.
  package static func find(_ path: String, besides folders: [String] = []) throws(WorkbenchError) -> String {
    if path.hasPrefix("/") {
      if let found = match(path) { return found }
      throw .missingFile(path: path, tried: [path])
    }
    var tried: [String] = []
    for folder in [""] + folders {
      let candidate = folder.isEmpty ? path : folder + "/" + path
      if let found = match(candidate) { return found }
      tried.append(candidate)
    }
    throw .missingFile(path: path, tried: tried)
  }

  /// The bytes of a file that exists.
  /// - Throws: ``WorkbenchError/unreadable(path:reason:)``.
  package static func read(_ path: String) throws(WorkbenchError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(path: path, reason: SystemError.wording(error))
    }
  }

  private static func match(_ path: String) -> String? {
    let files = FileManager.default
    if files.fileExists(atPath: path) { return path }
    var found = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/").map(String.init) {
      let candidate = found + part
      if files.fileExists(atPath: candidate) {
        found = candidate + "/"
        continue
      }
      let names = (try? files.contentsOfDirectory(atPath: found.isEmpty ? "." : found)) ?? []
      guard let name = names.sorted().first(where: { $0.lowercased() == part.lowercased() }) else { return nil }
      found += name + "/"
    }
    return found.isEmpty ? nil : String(found.dropLast())
  }
}
