import ArgumentParser
import Fingerprints
import Foundation
import Records
import Reporting

@main
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes an experiment's markdown report with its charts.",
    discussion: """
      Answers to harmful instructions that were not refused are withheld, unless --shows-withheld is given.

      EXAMPLE
        swift run report 3f9c
        swift run report 3f9c --format html
        swift run report compare 3f9c 77a0
      """)

  @Argument(help: "The experiment's hash, or a beginning of it that no other has; or compare and several.")
  var hashes: [String]

  @Option(name: .long, help: "markdown, with the charts beside it, or html, one self-contained page.")
  var format = "markdown"

  @Option(name: .long, help: "Where to write (default: the store's folder reports/HASH).")
  var output: String?

  @Option(name: .long, help: "The folder of the artifact store (default: $ANTIPODE_STORE, or .antipode).")
  var store: String?

  @Flag(name: .long, help: "Leave the sample answers out, and with them the benchmarks' licensed texts.")
  var withoutSamples = false

  @Flag(name: .long, help: "Show answers to harmful instructions that were not refused.")
  var showsWithheld = false

  func validate() throws {
    let names = ReportPage.Format.allCases.map(\.rawValue)
    guard names.contains(format) else {
      throw ValidationError("--format: found \(format), expected \(names.joined(separator: " or "))")
    }
    let count = hashes.first == "compare" ? hashes.count - 1 : hashes.count
    if hashes.first == "compare", count < 2 {
      throw ValidationError("compare: found \(count) hashes, expected two or more")
    }
    if hashes.first != "compare", count > 1 {
      throw ValidationError(
        "found \(count) hashes, expected one; to compare them: report compare \(hashes.joined(separator: " "))")
    }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment["ANTIPODE_STORE"].flatMap { $0.isEmpty ? nil : $0 }
    let folder = URL(fileURLWithPath: store ?? environment ?? ".antipode")
    let artifacts = ArtifactStore(folder: folder)
    do {
      let compares = hashes.first == "compare"
      let fingerprints = try hashes.dropFirst(compares ? 1 : 0)
        .map { try artifacts.resolve(prefix: $0, among: .experiments) }
      let name = fingerprints.map(\.short).joined(separator: "-")
      let target =
        output.map { URL(fileURLWithPath: $0) } ?? folder.appendingPathComponent("reports").appendingPathComponent(name)
      let page =
        compares
        ? try ComparisonReport(of: fingerprints, in: artifacts).page
        : try ExperimentReport(
          of: fingerprints[0], in: artifacts, showsWithheld: showsWithheld, showsSamples: !withoutSamples
        ).page
      print(try page.write(to: target, as: ReportPage.Format(rawValue: format) ?? .markdown).path)
    } catch {
      FileHandle.standardError.write(Data("report: \(error)\n".utf8))
      throw ExitCode(Self.status(of: error))
    }
  }

  /// The exit status of the design for an error.
  private static func status(of error: any Error) -> Int32 {
    switch error {
    case RecordsError.notAPrefix: 64
    case RecordsError.nothingMatches, RecordsError.severalMatch, ReportingError.noExperiment: 66
    case RecordsError.cannotWrite, ReportingError.cannotWrite: 73
    default: 65
    }
  }
}
