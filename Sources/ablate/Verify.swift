import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import ToolOptions
import Workbench

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hash the whole store again and report damage.",
    discussion: """
      Damaged artifacts are set aside, and the next run that needs them recomputes them. Exit status 0: no damage. 65: \
      something was damaged.

      EXAMPLE
        swift run ablate verify
        swift run ablate verify --look-only
      """)

  @Flag(name: .long, help: "Only report damage. Set nothing aside.")
  var lookOnly = false

  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var storeOptions: StoreOptions

  private struct Row: Encodable {
    var kind: String
    var fingerprint: Fingerprint
    var reason: String
    var setAside: String?
  }

  private struct Outcome: Encodable {
    var artifacts: Int
    var experiments: Int
    var bytes: Int
    var damaged: [Row]
  }

  func run() throws {
    try reporting {
      Interruption.install()
      let progress = ProgressReporter(isQuiet: progressOption.quiet), store = storeOptions.artifacts
      guard FileManager.default.fileExists(atPath: store.folder.path) else {
        throw WorkbenchError.missingFile(path: store.folder.path, tried: [store.folder.path])
      }
      progress.begin("verify")
      // What is read is not dropped meanwhile. A store that can't be written can still be looked at.
      let workspace = try Workspace(store: store, threads: 1, progress: progress)
      let use = try? workspace.useOfStore()
      defer { withExtendedLifetime(use) {} }
      let check = try store.check(setsAside: !lookOnly) { done, total in
        try Interruption.check()
        progress.update(done: done, of: total, unit: "artifacts")
      }
      progress.finishLine()
      let rows = check.damages.map {
        Row(
          kind: $0.collection == .artifacts ? "artifact" : "experiment", fingerprint: $0.fingerprint, reason: $0.reason,
          setAside: $0.place?.path)
      }
      if storeOptions.json {
        try printLine(
          try Listings.json(
            Outcome(artifacts: check.artifacts, experiments: check.experiments, bytes: check.bytes, damaged: rows)))
      } else {
        for row in rows {
          try printLine(
            "\(row.kind) \(row.fingerprint.short): \(row.reason)" + (row.setAside.map { "; now in \($0)" } ?? ""))
        }
        try printLine(
          "\(check.artifacts) artifacts (\(ByteCount(check.bytes))) and \(check.experiments) experiments: "
            + (rows.isEmpty ? "all as they were written." : "\(rows.count) damaged."))
      }
      if !rows.isEmpty { throw ExitStatus.badData.exit }
    }
  }
}
