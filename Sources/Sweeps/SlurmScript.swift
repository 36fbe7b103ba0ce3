/// The script of a job: one task of a file of stages, done by a worker that knows nothing of Slurm.
package struct SlurmScript: Sendable {
  /// The worker's program.
  package var program: String
  /// The store's folder.
  package var store: String
  /// The file of stages.
  package var stages: String
  /// What the queue calls the jobs.
  package var name: String
  package var settings: SlurmSettings

  package init(program: String, store: String, stages: String, name: String, settings: SlurmSettings) {
    self.program = program
    self.store = store
    self.stages = stages
    self.name = name
    self.settings = settings
  }

  /// The script. Its argument is the number of the task of which its array's index 0 would be.
  ///
  /// - The site's own options stand last, and so count.
  /// - Slurm's TERM goes to the shell, two minutes before the time is up; it passes it on to the worker, which writes
  ///   its checkpoint and ends with 75. The script then has Slurm start it again, unless the job was cancelled: then
  ///   the queue doesn't call it running any more.
  /// - So it does for a worker that a signal killed, since what waits for it would find nothing; but that may be for
  ///   want of memory, and is tried three times only.
  package var text: String {
    var lines = ["#!/bin/bash"]
    let name = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "_" })
    let options =
      ["--job-name=antipode-\(name)", "--requeue", "--open-mode=append", "--signal=B:TERM@120"]
      + (settings.sbatch ?? [])
    lines += options.map { "#SBATCH \($0)" }
    lines += settings.setup ?? []
    lines += [
      "# One task of an array has the array's own job number, which would name them all.",
      #"task="${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}""#,
      #"export ANTIPODE_JOB="slurm $task""#,
      #"export ANTIPODE_ATTEMPT="${SLURM_RESTART_COUNT:-0}""#,
      #"trap 'trap "" TERM; kill -TERM "$worker" 2> /dev/null' TERM"#,
      "\(Self.quoted(program)) worker --store \(Self.quoted(store)) --stages \(Self.quoted(stages)) \\",
      #"  --index "$(( $1 + SLURM_ARRAY_TASK_ID ))" --threads "${SLURM_CPUS_ON_NODE:-1}" &"#,
      "worker=$!",
      #"wait "$worker""#,
      "status=$?",
      "# 143: the signal ended the waiting, not the worker.",
      #"if [ "$status" = 143 ]; then wait "$worker"; status=$?; fi"#,
      "# Interrupted, or, some times at most, killed.",
      #"if { [ "$status" = 75 ] || { [ "$status" -gt 128 ] && [ "$ANTIPODE_ATTEMPT" -lt 3 ]; }; } \"#,
      #"  && [ "$(squeue -h -j "$task" -o %T)" = RUNNING ]; then"#,
      #"  scontrol requeue "$task" && sleep 60"#,
      "fi",
      #"exit "$status""#,
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A text as one word of a shell.
  package static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}
