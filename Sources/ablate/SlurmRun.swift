import ArgumentParser
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import Sweeps
import ToolOptions
import Workbench

/// What only runs on a cluster take.
struct SlurmOptions: ParsableArguments {
  @Flag(name: .long, help: "Submit the missing stages to Slurm, print the job numbers, and exit.")
  var slurm = false

  @OptionGroup var split: SplitOptions

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: """
      Options for sbatch, such as "--partition=gpu --gres=gpu:1". Repeatable. They follow the options from slurm.json \
      beside the manifest and in ~/.config/antipode.
      """)
  var sbatch: [String] = []

  @Option(name: .long, help: "The maximum number of concurrent tasks (default: Slurm's limit).")
  var atOnce: Int?

  @Flag(name: .long, help: "Wait for the jobs to end, with one line of progress.")
  var wait = false

  func validate() throws {
    if let atOnce, atOnce < 1 { throw ValidationError("--at-once: found \(atOnce), expected at least 1") }
    let isUsed = wait || atOnce != nil || !sbatch.isEmpty || split.jobs != nil || split.part != nil
    if !slurm && isUsed {
      throw ValidationError("--jobs, --part, --sbatch, --at-once and --wait are for --slurm; add it")
    }
  }
}

/// A run of experiments by Slurm.
struct SlurmRun {
  let manifests: [String]
  let manifestSettings: [String]
  let options: SlurmOptions
  let store: ArtifactStore
  let isQuiet: Bool
  let isDryRun: Bool
  let printsJSON: Bool

  private struct Report: Encodable {
    var submission: String
    var experiments: [Fingerprint]
    var stages: Int
    var tasks: Int
    var jobs: [String]
  }

  /// Submits what is missing, or shows what would be.
  /// - Returns: Whether, after waiting for it, everything is there; nil where nobody waited.
  func run(_ command: some ParsableCommand) throws -> Bool? {
    let settings = try settings(), slurm = Slurm()
    let preparation = try SweepPreparation(
      manifests: manifests, settings: manifestSettings, store: store, isQuiet: isQuiet)
    let file = try preparation.stageFile(split: options.split.split(jobs: settings.jobs))
    let submissions = Submissions(of: store), name = Self.name(), folder = submissions.folder(of: name)
    let script = SlurmScript(
      program: Bundle.main.executablePath ?? CommandLine.arguments[0], store: store.folder.path,
      stages: submissions.stagesFile(of: name).path, name: preparation.names.joined(separator: "-"),
      settings: settings)
    // Where there is no Slurm, a dry run shows what one would get that nobody configured.
    let size = try isDryRun ? (try? slurm.maximumArraySize()) ?? 1001 : slurm.maximumArraySize()
    var arrays = SlurmArray.arrays(of: file.waves.map(\.count), maximumSize: size)
    func arguments(_ array: SlurmArray) -> [String] {
      array.options(behind: arrays, atOnce: settings.atOnce, folder: folder.path)
    }
    if isDryRun {
      try command.printLine(script.text)
      for place in arrays.indices {
        let words = arguments(arrays[place]) + [submissions.scriptFile(of: name).path, "\(arrays[place].first)"]
        try command.printLine("sbatch " + words.joined(separator: " "))
        arrays[place].job = "JOB\(place + 1)"
      }
      try command.printLine(file.summary(of: preparation.stageCount))
      return nil
    }
    guard !arrays.isEmpty else {
      try command.printLine("All \(preparation.stageCount) stages are in the store; nothing is submitted.")
      return nil
    }
    try preparation.write()
    try submissions.begin(name, stages: file, script: script.text)
    var submission = Submission(
      name: name, experiments: file.experiments, user: NSUserName(), host: ProcessInfo.processInfo.hostName,
      arrays: arrays)
    do {
      for place in arrays.indices {
        arrays[place].job = try slurm.submit(
          arrays[place], options: arguments(arrays[place]), script: submissions.scriptFile(of: name).path)
        submission.arrays = arrays
        // Each is known as soon as it waits in the queue.
        try submissions.write(submission)
      }
    } catch {
      // Half of it is of no use.
      try? slurm.cancel(arrays.compactMap(\.job))
      throw error
    }
    if printsJSON {
      try command.printLine(
        try Listings.json(
          Report(
            submission: name, experiments: file.experiments, stages: file.stages.count, tasks: submission.tasks,
            jobs: submission.jobs)))
    } else {
      try command.printLine(file.summary(of: preparation.stageCount))
      for array in arrays {
        try command.printLine("job \(array.job ?? ""): wave \(array.wave + 1), \(array.count) tasks")
      }
      for experiment in file.experiments { try command.printLine("experiment \(experiment.hexadecimal)") }
      try command.printLine("output     \(folder.path)")
    }
    return options.wait ? try wait(for: submission, file, slurm) : nil
  }

  /// Tells in one line how far all jobs are, until none of them is in the queue any more.
  /// - Returns: Whether the store holds everything.
  private func wait(for submission: Submission, _ file: StageFile, _ slurm: Slurm) throws -> Bool {
    let progress = ProgressReporter(isQuiet: isQuiet), total = file.stages.count
    var missing = file.stages, failures = 0
    progress.begin("\(submission.tasks) tasks in \(submission.jobs.count) jobs")
    while true {
      try Interruption.check()
      missing = missing.filter { (try? store.artifact($0)) == nil }
      progress.update(done: total - missing.count, of: total, unit: "stages")
      if missing.isEmpty { break }
      do {
        if try slurm.queue().counts(of: submission.jobs).isEmpty { break }
        failures = 0
      } catch {
        // A controller that is busy does not answer at once.
        failures += 1
        if failures > 20 { throw error }
      }
      Thread.sleep(forTimeInterval: 3)
    }
    // The last job writes the record when the last stage is there.
    while missing.isEmpty, (try? slurm.queue().counts(of: submission.jobs).isEmpty) == false {
      try Interruption.check()
      Thread.sleep(forTimeInterval: 1)
    }
    progress.finishLine()
    missing = missing.filter { (try? store.artifact($0)) == nil }
    progress.note("\(total - missing.count) of \(total) stages are there, and no job is in the queue any more.")
    return missing.isEmpty
  }

  /// The user's settings, under those beside the manifest, under the options.
  private func settings() throws -> SlurmSettings {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory() + "/.config"
    let manifest = URL(fileURLWithPath: try PathLookup.find(manifests.first ?? ""))
    let paths = [
      "\(home)/antipode/\(SlurmSettings.fileName)",
      manifest.deletingLastPathComponent().appendingPathComponent(SlurmSettings.fileName).path,
    ]
    var settings = SlurmSettings()
    for path in paths where FileManager.default.fileExists(atPath: path) {
      do {
        settings = settings.overridden(by: try SlurmSettings(parsing: PathLookup.read(path), path: path))
      } catch let error as SweepError {
        throw error
      } catch {
        throw SweepError.slurmSettings(path: path, detail: "\(error)")
      }
    }
    var own = SlurmSettings()
    own.sbatch = options.sbatch.isEmpty ? nil : options.sbatch
    own.atOnce = options.atOnce
    try own.check("--sbatch")
    return settings.overridden(by: own)
  }

  /// A submission's name: its time, and what tells it from another of the same second.
  private static func name() -> String {
    let time = Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    return "\(time)-\(UUID().uuidString.prefix(8).lowercased())"
  }
}

struct Cancel: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cancel the jobs that `--slurm` submitted for an experiment. What they finished stays.",
    discussion: "EXAMPLE\n  swift run ablate cancel 3f9c")

  @Argument(help: "The experiment's hash or a prefix, or the name of a submission.")
  var experiment: String

  @OptionGroup var storeOption: StoreOption

  func run() throws {
    try reporting {
      let store = storeOption.artifacts, submissions = Submissions(of: store)
      var found = submissions.all().filter { $0.name == experiment }
      if found.isEmpty { found = submissions.all(of: try store.resolve(prefix: experiment, among: .experiments)) }
      guard !found.isEmpty else {
        throw SweepError.notSubmitted(what: experiment, folder: store.folder.path)
      }
      let slurm = Slurm(), jobs = found.flatMap(\.jobs), queued = try slurm.queue().counts(of: jobs)
      try slurm.cancel(jobs)
      let count = queued.values.reduce(0, +)
      try printLine("\(count) tasks of \(jobs.joined(separator: ", ")) were in the queue, and are cancelled.")
    }
  }
}
