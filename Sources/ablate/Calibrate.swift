import ArgumentParser
import Fingerprints
import Foundation
import Records
import Reporting
import ToolOptions
import Workbench

struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare an experiment's judges with human labels.",
    discussion: """
      Covers the wording judge and each language model that judged harmlessness or refusal. Prints the confusion \
      table, agreement, Cohen's κ, sensitivity and specificity, with 95 % intervals.

      EXAMPLE
        swift run ablate label 3f9c --labels mine.jsonl
        swift run ablate calibrate 3f9c --labels mine.jsonl
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @Option(
    name: .long, help: "The labels file that `label` wrote.", completion: .file(extensions: ["jsonl"]))
  var labels: String

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts, record = try store.experiment(prefix: hash)
      let file = try LabelFile(PathLookup.find(labels), mayBeMissing: false)
      let calibrations = try JudgeCalibration.all(of: record, against: file.labels, in: store)
      guard !calibrations.isEmpty else {
        throw WorkbenchError.malformed(
          path: labels, place: "the file", found: "\(file.labels.count) labels of other answers",
          expected: "some of the answers of experiment \(record.fingerprint.short), as `ablate label` gives them")
      }
      if storeOptions.json { return try printLine(try Listings.json(calibrations)) }
      for calibration in calibrations { try printLine(calibration.markdown) }
      try printLine("Intervals of 95 %: Wilson's; of κ bootstrapped over the requests.")
    }
  }
}
