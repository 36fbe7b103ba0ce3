import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Records
import Reporting
import ToolOptions
import Workbench

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the store's experiments, newest first.", discussion: "EXAMPLE\n  swift run ablate list --json")

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      let exists = FileManager.default.fileExists(atPath: store.folder.path)
      let experiments = exists ? try RunIndex(store: store).experiments() : []
      if storeOptions.json { return try printLine(try Listings.json(experiments.map(Listings.ExperimentRow.init))) }
      guard !experiments.isEmpty else {
        return try printLine(
          "No experiment in \(store.folder.path) yet; `swift run ablate Experiments/alpha.json` makes one.")
      }
      var table = MarkdownTable([
        .init("hash"), .init("name"), .init("started"), .init("cells", .right), .init("question"),
      ])
      for experiment in experiments {
        table.append([
          experiment.fingerprint.short, experiment.name, experiment.started.formatted(.iso8601),
          experiment.failed == 0
            ? "\(experiment.done)/\(experiment.cells)"
            : "\(experiment.done)/\(experiment.cells), \(experiment.failed) failed",
          experiment.question,
        ])
      }
      try printLine(table.markdown)
    }
  }
}
