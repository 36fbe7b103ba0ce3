import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Messages
import Records
import ToolOptions
import Workbench

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack an experiment and its data into one file, to rerun it elsewhere.",
    discussion: """
      The file is a tar archive of the experiment's record, manifest, data files and artifacts. Weights and benchmarks \
      are named by hash and not included. Two kinds of answers are omitted by default, and a rerun generates them \
      again: answers to benchmark requests, because benchmarks have their own licenses, and the anchors' answers, \
      because some answer harmful instructions. With --results-only, nothing that holds the text of a request or an \
      answer is included, so that the file can be published. After an import, `ablate MANIFEST --only-needed` goes on \
      from such results.

      EXAMPLE
        swift run ablate export 3f9c alpha.tar
        swift run ablate import alpha.tar          (on another machine)
        swift run ablate rerun 3f9c
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @Argument(help: "The file to write.")
  var file: String

  @Flag(
    name: .long,
    help: "Also pack answers to benchmark requests, and the anchors' answers. You are responsible for their content."
  )
  var withAnswers = false

  @Flag(
    name: .long,
    help: "Pack tuned prompts, verdicts, scores and metrics, but no answers, no judges' replies and no data files.")
  var resultsOnly = false

  @OptionGroup var storeOptions: StoreOptions

  func validate() throws {
    guard withAnswers, resultsOnly else { return }
    throw ValidationError("--with-answers and --results-only exclude each other")
  }

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      let fingerprint = try store.resolve(prefix: hash, among: .experiments)
      let contents = try Archives.export(
        fingerprint, from: store, to: URL(fileURLWithPath: file),
        texts: withAnswers ? .all : resultsOnly ? .none : .own)
      if storeOptions.json { return try printLine(try Listings.json(ArchiveRow(contents))) }
      try printLine(
        "\(file): experiment \(fingerprint.short) with \(contents.artifacts) artifacts, \(ByteCount(contents.bytes))"
          + (contents.leftOut == 0 ? "" : "; \(contents.leftOut) left out, known by their hashes"))
    }
  }
}

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import an archive that `export` wrote into the store.",
    discussion: """
      All hashes are checked before anything is added to the store.

      EXAMPLE
        swift run ablate import alpha.tar
      """)

  @Argument(help: "The file that `export` wrote.")
  var file: String

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      let path = try PathLookup.find(file)
      let workspace = try Workspace(store: store, threads: 1, progress: ProgressReporter(isQuiet: storeOptions.json))
      let use = try workspace.useOfStore()
      defer { withExtendedLifetime(use) {} }
      let contents = try ExperimentArchive.read(URL(fileURLWithPath: path), into: store)
      try RunIndex(store: store).rebuild()
      if storeOptions.json { return try printLine(try Listings.json(ArchiveRow(contents))) }
      try printLine(
        "experiment \(contents.experiment.hexadecimal): \(contents.artifacts) artifacts taken, \(contents.known) known")
      try printLine("again      swift run ablate rerun \(contents.experiment.short)")
    }
  }
}

/// An archive's contents as JSON.
private struct ArchiveRow: Encodable {
  var experiment: Fingerprint
  var artifacts: Int
  var known: Int
  var leftOut: Int
  var bytes: Int

  init(_ contents: ExperimentArchive.Contents) {
    experiment = contents.experiment
    artifacts = contents.artifacts
    known = contents.known
    leftOut = contents.leftOut
    bytes = contents.bytes
  }
}
