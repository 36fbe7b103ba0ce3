import JSON
import Messages

/// The benchmarks that this project knows.
package enum BenchmarkCatalog {
  /// All of them, in the order of `benchmarks.json`, which is part of the program. An address names a commit where one
  /// is known to hold the file with this hash; the branch otherwise, and the hash then says whether it has changed
  /// since.
  package static let all = builtIn(PackageResources.benchmarks_json, "benchmarks.json")

  /// Published texts of attacks beside the requests that they attack, in the order of `attacks.json`.
  package static let attacks = builtIn(PackageResources.attacks_json, "attacks.json")

  private static func builtIn(_ bytes: [UInt8], _ name: String) -> [Benchmark] {
    do {
      return try read(bytes)
    } catch {
      preconditionFailure("\(name), which is built into the program: \(error)")
    }
  }

  /// The benchmarks of a catalog's bytes.
  static func read(_ bytes: [UInt8]) throws -> [Benchmark] { try JSONValue(JSONElement(parsing: bytes)).decoded() }

  /// The benchmark of a name or alias; case and punctuation do not matter.
  /// - Throws: ``BenchmarkError/unknownName(_:nearest:)``.
  package static func benchmark(named name: String) throws -> Benchmark {
    let plainName = plain(name)
    let match = (all + attacks).first { ([$0.name] + $0.aliases).contains { plain($0) == plainName } }
    guard let match else { throw BenchmarkError.unknownName(name, nearest: nearest(to: plainName)) }
    return match
  }

  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// The names a reader may have meant, the nearest first.
  private static func nearest(to name: String) -> [String] {
    let known = all + attacks
    let near = Spelling.near(to: name, among: known.map { plain($0.name) })
    return near.prefix(3).compactMap { near in known.first { plain($0.name) == near }?.name }
  }
}
