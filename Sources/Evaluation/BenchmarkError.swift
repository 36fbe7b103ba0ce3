package import Messages

/// What can be wrong with a benchmark's file.
package enum BenchmarkError: Error, Equatable, CustomStringConvertible {
  /// The catalog has no benchmark of that name; those with the most similar names, if any are.
  case unknownName(String, nearest: [String])
  /// The folder lacks the files of these benchmarks.
  case missing([Benchmark], folder: String)
  /// The file is not the one that the catalog knows. `place` is the path or the address it came from.
  case wrongHash(benchmark: Benchmark, place: String, found: String)
  /// A part of the file has not as many instructions as published.
  case wrongSize(benchmark: Benchmark, part: BenchmarkPart, path: String, found: Int)
  /// No file of the folder is the benchmark's.
  case notInFolder(benchmark: Benchmark, folder: String)
  /// The server answered with another status than 200.
  case httpStatus(benchmark: Benchmark, status: Int)
  /// The download did not come to its end.
  case notDownloaded(benchmark: Benchmark, reason: String)
  /// A file or folder can't be read or written.
  case inaccessible(path: String, reason: String)

  /// What is wrong, where, what was found and expected, and what to do.
  package var description: String {
    switch self {
    case .unknownName(let name, let nearest):
      "\"\(name)\" is no benchmark of the catalog"
        + (nearest.isEmpty ? "" : "; did you mean \(nearest.joined(separator: " or "))?")
        + (nearest.isEmpty ? "; " : " ")
        + "It has \(BenchmarkCatalog.all.map(\.name).joined(separator: ", ")). "
        + "For a set of your own, name its file in the manifest."
    case .missing(let benchmarks, let folder):
      "\(folder): \(benchmarks.count == 1 ? "a benchmark is" : "\(benchmarks.count) benchmarks are") missing.\n"
        + benchmarks.map { "  \($0.title): \($0.fileName), from \($0.address) (license: \($0.license))" }
        .joined(separator: "\n")
        + "\nDownload with `swift run ablate fetch \(Self.names(benchmarks))`, or take copies that you have with "
        + "`swift run ablate fetch \(Self.names(benchmarks)) --from FOLDER`."
    case .wrongHash(let benchmark, let place, let found):
      "\(place): found SHA-256 \(found); expected "
        + "\(([benchmark.sha256].compactMap(\.self) + benchmark.otherSHA256).joined(separator: " or ")) for "
        + "\(benchmark.title). The file is damaged or of another edition, and is not used."
        + (benchmark.note.map { " \($0)" } ?? "")
        + " Get it again with `swift run ablate fetch \(benchmark.name)`, or a correct copy with "
        + "`swift run ablate fetch \(benchmark.name) --from FOLDER`."
    case .wrongSize(let benchmark, let part, let path, let found):
      "\(path): found \(found) instructions of \(benchmark.title), part \"\(part.name)\"; expected \(part.size). "
        + "The file is cut or of another edition. Get it again with `swift run ablate fetch \(benchmark.name)`."
    case .notInFolder(let benchmark, let folder):
      "\(folder): found no file \"\(benchmark.fileName)\""
        + (benchmark.nameAtAddress == benchmark.fileName ? "" : " or \"\(benchmark.nameAtAddress)\"")
        + (benchmark.sha256 == nil ? "" : ", and none with the SHA-256 that the catalog has for \(benchmark.title)")
        + ". Name the folder that holds it, or download it with `swift run ablate fetch \(benchmark.name)`."
        + (benchmark.sha256 == nil ? benchmark.note.map { " \($0)" } ?? "" : "")
    case .httpStatus(let benchmark, let status):
      "\(benchmark.address): the server answered with HTTP status \(status); expected 200. If \(benchmark.title) has "
        + "moved, get its file by hand and take it with `swift run ablate fetch \(benchmark.name) --from FOLDER`."
        + ([401, 403].contains(status) ? benchmark.note.map { " \($0)" } ?? "" : "")
    case .notDownloaded(let benchmark, let reason):
      "\(benchmark.address): \(benchmark.title) could not be downloaded (\(reason)). Try again, or get its file by "
        + "hand and take it with `swift run ablate fetch \(benchmark.name) --from FOLDER`."
    case .inaccessible(let path, let reason):
      "\(path): can't be read or written (\(reason)). Look at the path and its permissions."
    }
  }

  private static func names(_ benchmarks: [Benchmark]) -> String {
    benchmarks.map(\.name).joined(separator: " ")
  }
}

extension BenchmarkError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .unknownName: .usage
    case .missing, .notInFolder, .httpStatus, .notDownloaded, .inaccessible: .missingInput
    case .wrongHash, .wrongSize: .badData
    }
  }
}
