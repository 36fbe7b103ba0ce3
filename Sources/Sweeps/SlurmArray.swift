/// A part of a wave that is submitted as one array of jobs.
package struct SlurmArray: Sendable, Hashable, Codable {
  /// The wave.
  package var wave: Int
  /// The number of its first task in the file of stages.
  package var first: Int
  /// How many tasks it has.
  package var count: Int
  /// What Slurm calls it; nil before it is submitted.
  package var job: String?

  /// The arrays of waves of so many tasks, cut to the site's greatest index, which is one less than `MaxArraySize`.
  package static func arrays(of waves: [Int], maximumSize: Int) -> [SlurmArray] {
    var arrays: [SlurmArray] = [], first = 0
    for (wave, count) in waves.enumerated() {
      for start in stride(from: 0, to: count, by: max(1, maximumSize)) {
        arrays.append(SlurmArray(wave: wave, first: first + start, count: min(max(1, maximumSize), count - start)))
      }
      first += count
    }
    return arrays
  }

  /// The arguments of `sbatch`, without the script.
  /// - Parameters:
  ///   - others: All arrays; those of the wave before this one must have been submitted.
  ///   - atOnce: How many tasks run at once at most.
  ///   - folder: Where the jobs' output goes.
  package func options(behind others: [SlurmArray], atOnce: Int?, folder: String) -> [String] {
    var options = ["--parsable", "--array=0-\(count - 1)" + (atOnce.map { "%\($0)" } ?? "")]
    // %a is the task's index in its array.
    options.append("--output=\(folder)/wave-\(wave + 1)-from-\(first)-%a.out")
    // `afterok` would leave them waiting for ever behind one that failed; what lacks its inputs is skipped.
    let awaited = others.filter { $0.wave == wave - 1 }.compactMap(\.job)
    if !awaited.isEmpty { options.append("--dependency=" + awaited.map { "afterany:\($0)" }.joined(separator: ",")) }
    return options
  }

  /// `MaxArraySize` in what `scontrol show config` prints; nil where it does not say.
  package static func maximumSize(in text: String) -> Int? {
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
      if parts.count == 2, parts[0] == "MaxArraySize" { return Int(parts[1]) }
    }
    return nil
  }

  /// The job's number in what `sbatch --parsable` prints: behind a semicolon stands the cluster.
  package static func job(in text: String) -> String? {
    let job = text.split(whereSeparator: \.isNewline).last?.split(separator: ";").first.map(String.init) ?? ""
    return !job.isEmpty && job.allSatisfy(\.isNumber) ? job : nil
  }
}
