/// What Slurm's queue says of jobs. What is not in it has ended, however: success is what the store holds.
package struct SlurmQueue: Sendable {
  /// A task of an array.
  package struct Entry: Sendable, Hashable {
    /// The array's job.
    package var job: String
    /// The task's index in it; nil for a job without an array.
    package var index: Int?
    /// Such as `RUNNING`.
    package var state: String
    /// Why it waits.
    package var reason: String
  }

  package var entries: [Entry]

  /// The format that is read: JSON's schema differs between versions of Slurm. With `-r`, each task of an array has a
  /// line.
  package static let arguments = ["-h", "-r", "-o", "%F|%K|%T|%r"]

  /// Reads what `squeue` prints; lines of another form are passed over.
  package init(parsing text: String) {
    entries = text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4 else { return nil }
      return Entry(job: parts[0], index: Int(parts[1]), state: parts[2], reason: parts[3])
    }
  }

  /// How many tasks of some jobs are in each state.
  package func counts(of jobs: some Sequence<String>) -> [String: Int] {
    let jobs = Set(jobs)
    return entries.filter { jobs.contains($0.job) }.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
  }
}
