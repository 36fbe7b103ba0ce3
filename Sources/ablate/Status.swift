import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Records
import Reporting
import Stages
import Sweeps
import ToolOptions
import Workbench

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the progress of experiments: what is done, claimed (by which process), failed (why), or waiting.",
    discussion: """
      Reads the store, whichever process computes. Jobs submitted with `--slurm` are also looked up in the queue.

      EXAMPLE
        swift run ablate status
        swift run ablate status 3f9c --json
        swift run ablate status Experiments/alpha.json
      """)

  @Argument(help: "An experiment's hash or a prefix, or its manifest (default: all unfinished experiments).")
  var experiment: String?

  @OptionGroup var storeOptions: StoreOptions

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      var all = try statuses(in: store)
      let submissions = Submissions(of: store)
      // Where there is no Slurm, or it does not answer, the store is all there is to tell.
      let isSubmitted = all.contains { !submissions.all(of: $0.experiment).isEmpty }
      let queue = isSubmitted ? try? Slurm().queue() : nil
      for place in all.indices {
        let jobs = submissions.all(of: all[place].experiment).flatMap(\.jobs)
        if !jobs.isEmpty { all[place].queue = queue?.counts(of: jobs) }
      }
      if storeOptions.json { return try printLine(try Listings.json(all)) }
      if all.isEmpty { return try printLine("Nothing in \(store.folder.path) is unfinished.") }
      for status in all { try show(status) }
    }
  }

  private func statuses(in store: ArtifactStore) throws -> [SweepStatus] {
    func status(_ record: ExperimentRecord) throws -> SweepStatus {
      try SweepStatus(of: record.fingerprint, named: record.name, cells: record.cells.map(\.stages), in: store)
    }
    guard let experiment else {
      return try store.fingerprints(of: .experiments).compactMap { try store.experiment($0) }
        .filter { $0.finished == nil }.map(status)
    }
    if Fingerprint.isPrefix(experiment) { return [try status(store.experiment(prefix: experiment))] }
    let path = try PathLookup.find(experiment)
    let workspace = try Workspace(store: store, threads: 1, progress: ProgressReporter(isQuiet: true), manifest: path)
    let plan = try workspace.plan(manifestAt: path).plan
    return [
      try SweepStatus(of: plan.fingerprint, named: plan.manifest.name, cells: plan.cells.map(\.stages), in: store)
    ]
  }

  private func show(_ status: SweepStatus) throws {
    try printLine("\(status.name), experiment \(status.experiment.short): \(status.done) of \(status.total) stages\n")
    var table = MarkdownTable([
      .init("kind"), .init("done", .right), .init("claimed", .right), .init("failed", .right), .init("waiting", .right),
    ])
    for kind in status.kinds {
      table.append([
        kind.kind.rawValue, "\(kind.done)", "\(kind.claimed)", "\(kind.failed)", "\(kind.waiting)",
      ])
    }
    try printLine(table.markdown)
    for claim in status.claims {
      let job = claim.job.map { ", \($0)" } ?? ""
      let progress = claim.progress.map { ", \($0.done)/\($0.total) \($0.unit)" } ?? ""
      try printLine(
        "\(claim.kind.rawValue) \(claim.name) \(claim.stage.short): \(claim.host), process \(claim.process)\(job), "
          + "since \(claim.since.formatted(.iso8601))\(progress)")
    }
    for failure in status.failures {
      try printLine(
        "\(failure.kind.rawValue) \(failure.name) \(failure.stage.short): failed on \(failure.host): \(failure.message)"
      )
    }
    if let queue = status.queue {
      let states = queue.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.lowercased())" }
      try printLine("queue: " + (states.isEmpty ? "no job of it" : states.joined(separator: ", ")))
    }
    try printLine()
  }
}
