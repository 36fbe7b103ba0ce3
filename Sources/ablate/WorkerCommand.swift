import ArgumentParser
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import Sweeps
import ToolOptions
import Workbench

struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Compute the stages of a stages file, together with other workers, on any host with access to the store.",
    discussion: """
      No stage is computed twice. With --index, the worker does one task of the file, and waits if another worker has \
      one of its stages. Without it, the worker takes unclaimed stages until none is left. Stages with missing inputs \
      are skipped. The worker that finds an experiment complete writes its record and report.

      Exit status 0: everything is done. 3: something failed or was skipped. 75: interrupted by SIGTERM or Ctrl-C, \
      with a checkpoint; start it again.

      EXAMPLE
        swift run ablate split Experiments/alpha.json --jobs 4 --output stages.json
        swift run ablate worker --stages stages.json --index 0
      """)

  @Option(name: .long, help: "The stages file that `split` or `--slurm` wrote.", completion: .file())
  var stages: String

  @Option(name: .long, help: "The number of a task, from 0 (default: all tasks, shared with other workers).")
  var index: Int?

  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var computeOptions: ComputeOptions

  private struct Report: Encodable {
    var made: Int
    var stored: Int
    var skipped: Int
    var failures: [String]
    var finished: [String]
  }

  func run() throws {
    try reporting {
      // A scheduler may send its signal to every process of a job, and a script pass it on.
      Interruption.install(isPatient: true)
      let store = storeOptions.artifacts, file = try StageFile(at: stages)
      let worker = SweepWorker(
        store: store, file: file, threads: computeOptions.threads,
        progress: ProgressReporter(isQuiet: computeOptions.quiet))
      let outcome = try worker.run(task: index)
      for experiment in outcome.finished {
        _ = try ExperimentReport(of: experiment, in: store).page.write(to: reportFolder(of: experiment, in: store))
      }
      if storeOptions.json {
        try printLine(
          try Listings.json(
            Report(
              made: outcome.made, stored: outcome.stored, skipped: outcome.skipped, failures: outcome.failures,
              finished: outcome.finished.map(\.hexadecimal))))
      } else {
        try printLine(
          "\(outcome.made) made, \(outcome.stored) in the store before, \(outcome.failures.count) failed, "
            + "\(outcome.skipped) skipped")
        for experiment in outcome.finished {
          try printLine("experiment \(experiment.hexadecimal)")
          try printLine("report     \(reportFolder(of: experiment, in: store).path)/report.md")
        }
      }
      if !outcome.failures.isEmpty || outcome.skipped > 0 { throw ExitStatus.cellsFailed.exit }
    }
  }
}

extension StageFile {
  /// The file of stages at a path.
  init(at path: String) throws {
    let bytes = try PathLookup.read(PathLookup.find(path))
    do {
      try self.init(parsing: bytes)
    } catch {
      throw SweepError.stageFile(path: path, detail: "\(error)")
    }
  }
}
