import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import ToolOptions
import Workbench

struct RerunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Recompute an experiment in a fresh store and compare the output hashes stage by stage.",
    discussion: """
      Exit status 0: every stage gave the same bytes or, on another kind of machine, every metric is within the first \
      run's interval. 2: something differs, or the manifest is now another experiment. 3: a stage failed. The data \
      files are those of the first run, even if they have changed since.

      EXAMPLE
        swift run ablate rerun 3f9c
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @Option(name: .long, help: "Keep the fresh store in this folder (default: a temporary one, removed afterwards).")
  var keep: String?

  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var computeOptions: ComputeOptions

  func run() throws {
    try reporting {
      Interruption.install()
      let store = storeOptions.artifacts
      let fingerprint = try store.resolve(prefix: hash, among: .experiments)
      let manifest = try store.manifest(of: fingerprint), path = try store.experiment(fingerprint)?.manifestPath
      let kept = try store.files(of: fingerprint)
      if let keep, FileManager.default.fileExists(atPath: keep + "/objects") {
        throw WorkbenchError.badOption(
          name: "--keep", found: "\(keep), which holds artifacts already",
          expected: "a folder that is empty or not there")
      }
      let folder =
        keep.map { URL(fileURLWithPath: $0) }
        ?? FileManager.default.temporaryDirectory.appendingPathComponent("antipode-rerun-\(UUID().uuidString)")
      defer { if keep == nil { try? FileManager.default.removeItem(at: folder) } }
      let progress = ProgressReporter(isQuiet: computeOptions.quiet)
      let first = try Workspace(
        store: store, threads: computeOptions.threads, progress: progress,
        manifest: path ?? "Experiments/manifest.json", files: kept.files)
      let plan = try first.plan(manifest: manifest, named: "the manifest of \(fingerprint.short)")
      if plan.fingerprint != fingerprint {
        progress.note(
          "The model, the data or the program changed since: the manifest of \(fingerprint.short) is now experiment "
            + "\(plan.fingerprint.short).")
      }
      let use = try first.useOfStore()
      defer { withExtendedLifetime(use) {} }
      let comparison = try ExperimentRunner(workspace: first).compare(
        plan, of: fingerprint,
        with: ExperimentRunner(workspace: first.over(ArtifactStore(folder: folder)), asksForKeys: false),
        outputs: kept.outputs)
      if storeOptions.json {
        try printLine(try Listings.json(comparison))
      } else {
        let differs = comparison.rows.contains { $0.difference != nil }
        var table = MarkdownTable(
          [.init("stage"), .init("hash"), .init("before"), .init("now"), .init("bytes")]
            + (differs ? [.init("how far")] : []))
        for row in comparison.rows {
          table.append([
            row.stage, row.fingerprint.short, row.before?.short ?? "not in the store", row.after?.short ?? "failed",
            row.isSame ? "same" : "differ", row.difference ?? "",
          ])
        }
        try printLine(table.markdown)
        if let note = comparison.note { try printLine(note) }
        if comparison.isOtherExperiment {
          try printLine(
            "The manifest of \(fingerprint.short) is now experiment \(plan.fingerprint.short): that was compared, not "
              + "the first."
          )
        }
        try printLine(
          comparison.rows.allSatisfy(\.isSame)
            ? "All \(comparison.rows.count) stages gave the same bytes."
            : "\(comparison.rows.count { !$0.isSame }) of \(comparison.rows.count) stages differ."
              + (comparison.isWithinTolerance ? " Every metric is within the first run's interval." : ""))
      }
      if !comparison.failures.isEmpty { throw ExitStatus.cellsFailed.exit }
      if !comparison.isSame && !comparison.isWithinTolerance { throw ExitStatus.differs.exit }
    }
  }
}
