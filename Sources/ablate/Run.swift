import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import Stages
import ToolOptions
import Workbench

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a manifest: expand its sweep, reuse stored stages, compute the rest.",
    discussion: "EXAMPLE\n  swift run ablate Experiments/alpha.json")

  @Argument(
    help: "The manifest, such as Experiments/alpha.json. With --slurm, several manifests may share stages.",
    completion: .file(extensions: ["json"]))
  var manifests: [String]

  @Flag(
    name: .long, help: "Show the plan: every stage, whether the store has it, and if not, why. Compute nothing.")
  var dryRun = false

  @Flag(name: .long, help: "Stop at the first failure, instead of finishing the cells that it does not affect.")
  var failFast = false

  @Flag(
    name: .long,
    help: "Do not generate missing answers whose verdicts and metrics are stored, as after importing an archive."
  )
  var onlyNeeded = false

  @OptionGroup var settingsOption: SettingsOption
  @OptionGroup(title: "On a cluster") var slurmOptions: SlurmOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var computeOptions: ComputeOptions

  func validate() throws {
    guard manifests.count > 1, !slurmOptions.slurm else { return }
    throw ValidationError("found \(manifests.count) manifests, expected one; --slurm takes several")
  }

  func run() throws {
    try reporting {
      Interruption.install()
      if slurmOptions.slurm {
        let run = SlurmRun(
          manifests: manifests, manifestSettings: settingsOption.settings, options: slurmOptions,
          store: storeOptions.artifacts, isQuiet: computeOptions.quiet,
          isDryRun: dryRun, printsJSON: storeOptions.json)
        if try run.run(self) == false { throw ExitStatus.cellsFailed.exit }
        return
      }
      let manifest = manifests.first ?? ""
      let path = try PathLookup.find(manifest)
      let workspace = try Workspace(
        store: storeOptions.artifacts, threads: computeOptions.threads,
        progress: ProgressReporter(isQuiet: computeOptions.quiet), manifest: path)
      let (plan, bytes) = try workspace.plan(manifestAt: path, settings: settingsOption.settings)
      let runner = ExperimentRunner(workspace: workspace, failsFast: failFast, onlyNeeded: onlyNeeded)
      if dryRun { return try show(runner.entries(of: plan), of: plan) }

      let record = try runner.run(plan, manifest: bytes)
      let report = try ExperimentReport(of: record.fingerprint, in: workspace.store)
        .page.write(to: reportFolder(of: record.fingerprint, in: workspace.store))
      if storeOptions.json {
        try printLine(try Listings.json(record))
      } else {
        try printLine("\(record.name): \(record.question)\n")
        try printLine(ExperimentTable.markdown(record, weakened: workspace.store.weakenedCells(of: record.fingerprint)))
        try printLine("experiment \(record.fingerprint.hexadecimal)")
        try printLine("report     \(report.path)")
        try printLine("again      swift run ablate rerun \(record.fingerprint.short)")
      }
      if record.cells.contains(where: { $0.failure != nil }) { throw ExitStatus.cellsFailed.exit }
    }
  }

  private func show(_ entries: [ExperimentRunner.Entry], of plan: Plan) throws {
    if storeOptions.json { return try printLine(try Listings.json(Listings.stages(entries, of: plan))) }
    var table = MarkdownTable([.init("stage"), .init("hash"), .init("store"), .init("why"), .init("cells")])
    for entry in entries {
      let cells = entry.stage.cells.map { plan.cells[$0].label }
      table.append([
        entry.stage.stage.label, entry.stage.fingerprint.short, entry.isStored ? "hit" : "miss", entry.reason ?? "",
        cells.count == plan.cells.count ? "all" : cells.joined(separator: ", "),
      ])
    }
    try printLine(table.markdown)
    try printLine(
      "\(entries.count(where: \.isComputed)) of \(entries.count) stages to compute; experiment "
        + "\(plan.fingerprint.hexadecimal)"
    )
  }
}

/// Where an experiment's report is written.
func reportFolder(of fingerprint: Fingerprint, in store: ArtifactStore) -> URL {
  store.folder.appendingPathComponent("reports").appendingPathComponent(fingerprint.short)
}
