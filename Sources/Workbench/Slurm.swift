import Dispatch
import Experiments
package import Fingerprints
package import Foundation
import Messages
package import Records
import Stages
package import Sweeps
import Synchronization

/// Slurm's own programs, run and read. What is written for them and what they print is ``Sweeps``' business.
package struct Slurm {
  private let environment: [String: String]

  /// The Slurm of this host.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) { self.environment = environment }

  /// The greatest size of an array at this site.
  package func maximumArraySize() throws -> Int {
    // What every version of Slurm has where nothing is configured.
    SlurmArray.maximumSize(in: try run("scontrol", ["show", "config"])) ?? 1001
  }

  /// The user's jobs.
  package func queue() throws -> SlurmQueue {
    SlurmQueue(parsing: try run("squeue", SlurmQueue.arguments + ["-u", "\(getuid())"]))
  }

  /// Submits an array.
  /// - Returns: Its job's number.
  package func submit(_ array: SlurmArray, options: [String], script: String) throws -> String {
    let arguments = options + [script, "\(array.first)"]
    let text = try run("sbatch", arguments)
    guard let job = SlurmArray.job(in: text) else {
      throw SweepError.slurm(command: "sbatch", reason: "found \"\(text.prefix(200))\", expected a job's number")
    }
    return job
  }

  /// Cancels jobs. Those that have ended are no error.
  package func cancel(_ jobs: [String]) throws {
    if !jobs.isEmpty { _ = try run("scancel", ["--quiet"] + jobs) }
  }

  private func run(_ name: String, _ arguments: [String]) throws -> String {
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    guard let program = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { throw SweepError.slurm(command: name, reason: "there is no such program here") }
    let process = Process(), output = Pipe(), errors = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    let told = Mutex(Data()), ended = DispatchSemaphore(value: 0)
    do {
      try process.run()
    } catch {
      throw SweepError.slurm(command: name, reason: SystemError.wording(error))
    }
    Thread.detachNewThread {
      let text = errors.fileHandleForReading.readDataToEndOfFile()
      told.withLock { $0 = text }
      ended.signal()
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    ended.wait()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let message = String(decoding: told.withLock { $0 }, as: UTF8.self)
        .split(whereSeparator: \.isNewline).suffix(3).joined(separator: " | ")
      throw SweepError.slurm(
        command: name, reason: message.isEmpty ? "exit status \(process.terminationStatus)" : message)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The submissions of a store: a folder each, with the file of stages, the script, the jobs' output, and who they are.
package struct Submissions {
  private let store: ArtifactStore

  package init(of store: ArtifactStore) { self.store = store }

  private var folder: URL { store.folder.appendingPathComponent("submissions") }

  /// The folder of a submission.
  package func folder(of name: String) -> URL { folder.appendingPathComponent(name) }

  private func record(of name: String) -> URL { folder(of: name).appendingPathComponent("submission.json") }

  /// The submissions, the oldest first; those whose record can't be read are passed over.
  package func all() -> [Submission] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.compactMap { try? CanonicalFile.read(Submission.self, from: record(of: $0)) }
      .sorted { ($0.date, $0.name) < ($1.date, $1.name) }
  }

  /// Those that an experiment is part of.
  package func all(of experiment: Fingerprint) -> [Submission] { all().filter { $0.experiments.contains(experiment) } }

  /// A folder for a new submission, with its file of stages and its script.
  package func begin(_ name: String, stages: StageFile, script: String) throws {
    let folder = folder(of: name)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(stages.text.utf8).write(to: stagesFile(of: name), options: .atomic)
      try Data(script.utf8).write(to: scriptFile(of: name), options: .atomic)
    } catch {
      throw RecordsError.cannotWrite(path: folder.path, reason: SystemError.wording(error))
    }
  }

  /// Where the file of stages lies.
  package func stagesFile(of name: String) -> URL { folder(of: name).appendingPathComponent("stages.json") }
  /// Where the script lies.
  package func scriptFile(of name: String) -> URL { folder(of: name).appendingPathComponent("job.sh") }

  /// Writes who the jobs are.
  package func write(_ submission: Submission) throws {
    do {
      try CanonicalFile.write(submission, to: record(of: submission.name))
    }
  }
}
