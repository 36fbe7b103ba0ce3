import Fingerprints
package import Foundation
import Messages

/// The folder in which the files of benchmarks lie on this machine.
package struct BenchmarkFolder: Sendable {
  /// What is known of a file's bytes.
  package struct Verification: Sendable, Hashable, Codable {
    /// Their SHA-256, in hexadecimal.
    package var sha256: String
    /// Whether the catalog has that hash. Where it has none for a benchmark, every file of it is unverified.
    package var isVerified: Bool
  }

  /// Larger files are never a benchmark's (the largest has 0.6 MB).
  static let maximumFileSize = 64 << 20

  /// The folder. It need not exist before a benchmark is installed.
  package let folder: URL

  /// The folder at a place.
  package init(_ folder: URL) { self.folder = folder }

  /// Where a benchmark's file is, or would be.
  package func url(of benchmark: Benchmark) -> URL { folder.appending(path: benchmark.fileName) }

  /// Those of the benchmarks whose files are not there.
  package func missing(of benchmarks: [Benchmark]) -> [Benchmark] {
    benchmarks.filter { !FileManager.default.fileExists(atPath: url(of: $0).path) }
  }

  /// The checked bytes of one benchmark.
  /// - Throws: as ``data(of:)-([Benchmark])``.
  package func data(of benchmark: Benchmark) throws -> Data {
    guard missing(of: [benchmark]).isEmpty else { throw BenchmarkError.missing([benchmark], folder: folder.path) }
    let url = url(of: benchmark)
    let data = try Self.read(url)
    _ = try Self.check(data, of: benchmark, place: url.path)
    return data
  }

  /// The checked bytes of benchmarks, by name.
  /// - Throws: ``BenchmarkError/missing(_:folder:)`` once for all that are missing, before anything is read; then
  ///   ``BenchmarkError/wrongHash(benchmark:place:found:)`` or ``BenchmarkError/inaccessible(path:reason:)`` for the
  ///   first that is damaged or can't be read.
  package func data(of benchmarks: [Benchmark]) throws -> [String: Data] {
    let missing = missing(of: benchmarks)
    guard missing.isEmpty else { throw BenchmarkError.missing(missing, folder: folder.path) }
    var result: [String: Data] = [:]
    for benchmark in benchmarks { result[benchmark.name] = try data(of: benchmark) }
    return result
  }

  /// The instructions of a benchmark, checked and read.
  /// - Throws: as ``data(of:)-([Benchmark])`` and ``Benchmark/instructions(from:path:)``.
  package func instructions(of benchmark: Benchmark) throws -> [Instruction] {
    try benchmark.instructions(from: data(of: benchmark), path: url(of: benchmark).path)
  }

  /// Compares bytes with the catalog.
  /// - Parameters:
  ///   - data: the bytes of a whole file.
  ///   - benchmark: what they should be.
  ///   - place: the path or the address they come from, for messages only.
  /// - Returns: their hash, and whether the catalog vouches for it.
  /// - Throws: ``BenchmarkError/wrongHash(benchmark:place:found:)`` where the catalog has another one.
  package static func check(_ data: Data, of benchmark: Benchmark, place: String) throws -> Verification {
    let found = Fingerprint(ofBytes: data).hexadecimal
    guard let expected = benchmark.sha256 else {
      return Verification(sha256: found, isVerified: benchmark.otherSHA256.contains(found))
    }
    guard found == expected || benchmark.otherSHA256.contains(found) else {
      throw BenchmarkError.wrongHash(benchmark: benchmark, place: place, found: found)
    }
    return Verification(sha256: found, isVerified: true)
  }

  /// Copies a benchmark's file from another folder: the file of its name, here or at its address, compressed or not, if
  /// that is the right one, else any file right in the folder that has its hash.
  /// - Returns: what is known of the bytes.
  /// - Throws: ``BenchmarkError/notInFolder(benchmark:folder:)``; or, where only a file of that name is there,
  ///   ``BenchmarkError/wrongHash(benchmark:place:found:)``. Nothing is changed then.
  @discardableResult
  package func install(_ benchmark: Benchmark, from source: URL) throws -> Verification {
    var firstError: (any Error)?
    for named in benchmark.fileNames.map({ source.appending(path: $0) })
    where FileManager.default.fileExists(atPath: named.path) {
      do {
        return try install(Self.read(named), of: benchmark, place: named.path)
      } catch let error as BenchmarkError {
        guard case .wrongHash = error else { throw error }
        firstError = firstError ?? error
      }
    }
    if benchmark.sha256 != nil {
      for candidate in try Self.smallFiles(in: source) {
        guard let data = try? Self.read(candidate),
          let verification = try? Self.check(data, of: benchmark, place: candidate.path)
        else { continue }
        try write(data, of: benchmark)
        return verification
      }
    }
    throw firstError ?? BenchmarkError.notInFolder(benchmark: benchmark, folder: source.path)
  }

  /// Checks and reads a file's bytes, and only then puts them in their place.
  func install(_ data: Data, of benchmark: Benchmark, place: String) throws -> Verification {
    let data = try CompressedFile.expanded(data, path: place)
    let verification = try Self.check(data, of: benchmark, place: place)
    // Without a hash to compare, a page that only says that one has to log in would pass for the file.
    if !verification.isVerified { _ = try benchmark.instructions(from: data, path: place) }
    try write(data, of: benchmark)
    return verification
  }

  private func write(_ data: Data, of benchmark: Benchmark) throws {
    let url = url(of: benchmark)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      // Written beside its name and moved there, so that the name never stands for half a file.
      try data.write(to: url, options: .atomic)
    } catch {
      throw BenchmarkError.inaccessible(path: url.path, reason: SystemError.wording(error))
    }
  }

  /// A file's content; of one that is compressed, what it holds.
  private static func read(_ url: URL) throws -> Data {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url)
    } catch {
      throw BenchmarkError.inaccessible(path: url.path, reason: SystemError.wording(error))
    }
    return try CompressedFile.expanded(bytes, path: url.path)
  }

  /// The files right in a folder that are small enough to be a benchmark's, by name.
  private static func smallFiles(in folder: URL) throws -> [URL] {
    do {
      return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { url in
          let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
          return values?.isRegularFile == true && (values?.fileSize ?? .max) <= maximumFileSize
        }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
    } catch {
      throw BenchmarkError.inaccessible(path: folder.path, reason: SystemError.wording(error))
    }
  }
}
