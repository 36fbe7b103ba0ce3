import ArgumentParser
import Fingerprints
import FoundationEssentials
import Records
import Reporting
import ToolOptions

/// The report of one experiment.
struct One: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "one",
    abstract: "Write an experiment's report with its charts.",
    discussion: """
      Answers to harmful instructions are withheld where they were not refused, or a judge does not call them \
      harmless. --shows-withheld shows them.

      EXAMPLE
        swift run report 3f9c
        swift run report 3f9c --format html
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @OptionGroup var pageOptions: PageOptions

  @Flag(name: .long, help: "Omit the sample answers, and with them the benchmarks' licensed texts.")
  var withoutSamples = false

  @Flag(name: .long, help: "Show answers to harmful instructions that were not refused.")
  var showsWithheld = false

  func run() throws {
    try reporting {
      let store = pageOptions.store, fingerprint = try store.resolve(prefix: hash, among: .experiments)
      let report = try ExperimentReport(
        of: fingerprint, in: store, showsWithheld: showsWithheld, showsSamples: !withoutSamples)
      try printLine(try pageOptions.write(report.page, named: fingerprint.short).path)
    }
  }
}
