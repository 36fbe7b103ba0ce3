import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Records
import Reporting
import Stages
import ToolOptions
import Workbench

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show one experiment: its table and the hashes of its stages.",
    discussion: "EXAMPLE\n  swift run ablate show 3f9c")

  @Argument(help: "The experiment's hash, or a beginning of it that no other has.")
  var hash: String

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      let fingerprint = try store.resolve(prefix: hash, among: .experiments)
      guard let record = try store.experiment(fingerprint) else {
        throw RecordsError.nothingMatches(prefix: hash, kind: "experiment", folder: store.folder.path)
      }
      if storeOptions.json { return try printLine(try Listings.json(record)) }
      try printLine("\(record.name): \(record.question)\n")
      try printLine(ExperimentTable.markdown(record))
      var stages = MarkdownTable([.init("stage"), .init("hash"), .init("output"), .init("seconds", .right)])
      var seen: Set<String> = []
      for reference in record.cells.flatMap(\.stages) where seen.insert(reference.fingerprint.hexadecimal).inserted {
        let stored = try store.artifact(reference.fingerprint)?.record
        stages.append([
          "\(reference.kind.rawValue) \(reference.name)", reference.fingerprint.short,
          stored?.output.short ?? "not in the store", stored.map { String(format: "%.1f", $0.seconds) } ?? "",
        ])
      }
      try printLine(stages.markdown)
      try printLine("experiment \(record.fingerprint.hexadecimal)")
    }
  }
}
