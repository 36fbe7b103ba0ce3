package import Messages

/// What keeps a sweep from a cluster.
package enum SweepError: StatusError {
  /// A file of settings that can't be used.
  case slurmSettings(path: String, detail: String)
  /// Slurm's program is missing, or failed.
  case slurm(command: String, reason: String)
  /// A file of stages that can't be used.
  case stageFile(path: String, detail: String)
  /// A task that there is not.
  case noTask(index: Int, count: Int)
  /// An experiment whose stages are others by now.
  case changed(experiment: String, detail: String)
  /// Nothing was submitted that could be cancelled or waited for.
  case notSubmitted(what: String, folder: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .slurmSettings(let path, let detail): "\(path): \(detail)"
    case .slurm(let command, let reason):
      "\(command): \(reason). Run this where jobs are submitted, or look at the scripts with --dry-run."
    case .stageFile(let path, let detail):
      "\(path): \(detail); `ablate split` and `ablate --slurm` write such files"
    case .noTask(let index, let count): "--index: found \(index), expected 0 to \(count - 1)"
    case .changed(let experiment, let detail):
      "experiment \(experiment): \(detail). The model, a benchmark or the program changed since it was split; split it "
        + "again."
    case .notSubmitted(let what, let folder): "\(what): no submission in \(folder) belongs to it"
    }
  }

  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .slurmSettings, .stageFile, .changed: .badData
    case .slurm: .systemError
    case .noTask: .usage
    case .notSubmitted: .missingInput
    }
  }
}
