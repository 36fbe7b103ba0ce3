import ArgumentParser
import Experiments
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
      """)

  @Argument(help: "The experiment's hash, or a beginning of it that no other has.")
  var hash: String

  @Option(name: .long, help: "Where to write (default: the store's folder reports/HASH).")
  var output: String?

  @Option(name: .long, help: "The folder of the artifact store (default: $ANTIPODE_STORE, or .antipode).")
  var store: String?

  @Flag(name: .long, help: "Show answers to harmful instructions that were not refused.")
  var showsWithheld = false

  func run() throws {
    let environment = ProcessInfo.processInfo.environment["ANTIPODE_STORE"].flatMap { $0.isEmpty ? nil : $0 }
    let folder = URL(fileURLWithPath: store ?? environment ?? ".antipode")
    let artifacts = ArtifactStore(folder: folder)
    do {
      let fingerprint = try artifacts.resolve(prefix: hash, among: .experiments)
      let target =
        output.map { URL(fileURLWithPath: $0) }
        ?? folder.appendingPathComponent("reports").appendingPathComponent(fingerprint.short)
      let report = try ExperimentReport(of: fingerprint, in: artifacts, showsWithheld: showsWithheld)
      print(try report.write(to: target).path)
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
