import ArgumentParser
import Fingerprints
import FoundationEssentials
import Records
import Reporting
import ToolOptions

/// One page of several experiments.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare experiments: all cells in one table, tested against the first baseline of the first experiment.",
    discussion: """
      EXAMPLE
        swift run report compare 3f9c 77a0
        swift run report compare 3f9c 77a0 --output both.html
      """)

  @Argument(help: "The hashes of two or more experiments, or prefixes of them.")
  var hashes: [String]

  @OptionGroup var pageOptions: PageOptions

  func validate() throws {
    guard hashes.count > 1 else { throw ValidationError("found \(hashes.count) hash, expected two or more") }
  }

  func run() throws {
    try reporting {
      let store = pageOptions.store
      let fingerprints = try hashes.map { try store.resolve(prefix: $0, among: .experiments) }
      let report = try ComparisonReport(of: fingerprints, in: store)
      try printLine(try pageOptions.write(report.page, named: fingerprints.map(\.short).joined(separator: "-")).path)
    }
  }
}
