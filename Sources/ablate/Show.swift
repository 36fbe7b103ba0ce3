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
    discussion: """
      EXAMPLE
        swift run ablate show 3f9c
        swift run ablate show 3f9c --conversation    what the model reads, as tokens
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @Flag(
    help: """
      Also print the conversations used for tuning and answering, token by token, with the first instruction of each. \
      This reads the models' tokenizers, not their weights.
      """)
  var conversation = false

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts, record = try store.experiment(prefix: hash)
      let conversations = try conversation ? self.conversations(of: record, in: store) : nil
      if storeOptions.json {
        return try printLine(
          try conversations.map { try Listings.json(record, with: $0) } ?? Listings.json(record))
      }
      try printLine("\(record.name): \(record.question)\n")
      try printLine(ExperimentTable.markdown(record, weakened: store.weakenedCells(of: record.fingerprint)))
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
      for conversation in conversations ?? [] {
        try printLine(conversation.holders.map { "\($0.stage) (\($0.fingerprint.short))" }.joined(separator: ", "))
        try printLine(TokenText.lines(conversation.streams))
      }
      try printLine("experiment \(record.fingerprint.hexadecimal)")
    }
  }

  /// The conversations of the experiment's stages, from its manifest and data files as they were.
  private func conversations(of record: ExperimentRecord, in store: ArtifactStore) throws -> [StageConversations] {
    let fingerprint = record.fingerprint, progress = ProgressReporter(isQuiet: false)
    let workspace = try Workspace(
      store: store, threads: 1, progress: progress, manifest: record.manifestPath ?? "Experiments/manifest.json",
      files: try store.files(of: fingerprint).files)
    let plan = try workspace.plan(
      manifest: store.manifest(of: fingerprint), named: "the manifest of \(fingerprint.short)")
    if plan.fingerprint != fingerprint {
      progress.note(
        "The model, the data or the program changed since: these are the conversations of experiment "
          + "\(plan.fingerprint.short), which the manifest of \(fingerprint.short) is now.")
    }
    return try workspace.conversations(of: plan)
  }
}
