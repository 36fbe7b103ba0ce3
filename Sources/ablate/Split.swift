import ArgumentParser
import Foundation
import Messages
import Records
import Sweeps
import ToolOptions
import Workbench

/// How experiments are cut into tasks.
struct SplitOptions: ParsableArguments {
  @Option(name: .long, help: "How many tasks run beside each other at most (default: 8).")
  var jobs: Int?

  @Option(
    name: .long,
    help: "How many requests a part of a stage has at least, where there are fewer stages than jobs (default: 96).")
  var part: Int?

  func validate() throws {
    for (name, value) in [("--jobs", jobs), ("--part", part)] {
      if let value, value < 1 { throw ValidationError("\(name): found \(value), expected at least 1") }
    }
  }

  /// The split.
  /// - Parameter jobs: How many tasks, where the option does not say.
  func split(jobs site: Int? = nil) -> SweepSplit {
    SweepSplit(jobs: jobs ?? site ?? 8, requestsPerPart: part ?? 96)
  }
}

extension SweepPreparation {
  /// The experiments of some manifests, all with the same settings given in place of their own.
  init(manifests: [String], settings: [String], store: ArtifactStore, isQuiet: Bool) throws {
    self.init(
      try manifests.map { manifest in
        let path = try PathLookup.find(manifest)
        let workspace = try Workspace(
          store: store, threads: 1, progress: ProgressReporter(isQuiet: isQuiet), manifest: path)
        let (plan, bytes) = try workspace.plan(manifestAt: path, settings: settings)
        return Experiment(workspace: workspace, plan: plan, manifest: bytes)
      })
  }
}

extension StageFile {
  /// What there is to do, in words.
  func summary(of count: Int) -> String {
    let stages = stages.count, parts = tasks.joined().count { $0.part != nil }
    let waves = waves.map { "\($0.count)" }.joined(separator: " + ")
    return "\(stages) of \(count) stages to compute" + (parts > 0 ? ", some in \(parts) parts" : "")
      + (stages > 0 ? "; tasks in waves: \(waves)" : "")
  }
}

struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what workers are to do for experiments: their missing stages, in tasks and waves.",
    discussion: """
      The tasks of a wave need nothing of each other, and what earlier waves make; stages that need one model are in \
      one task. The experiments' manifests and data files are put into the store, where workers find them.

      EXAMPLE
        swift run ablate split Experiments/alpha.json Experiments/seeds.json --jobs 20 --output stages.json
        for index in 0 1 2 3; do swift run ablate worker --stages stages.json & done
      """)

  @Argument(help: "The manifests, such as Experiments/alpha.json.", completion: .file(extensions: ["json"]))
  var manifests: [String]

  @Option(name: .long, help: "Where the file of stages is written; without it, it is printed.", completion: .file())
  var output: String?

  @OptionGroup var settingsOption: SettingsOption
  @OptionGroup var splitOptions: SplitOptions
  @OptionGroup var storeOption: StoreOption
  @OptionGroup var progressOption: ProgressOption

  func run() throws {
    try reporting {
      let preparation = try SweepPreparation(
        manifests: manifests, settings: settingsOption.settings, store: storeOption.artifacts,
        isQuiet: progressOption.quiet)
      let file = try preparation.stageFile(split: splitOptions.split())
      try preparation.write()
      guard let output else { return try StandardStreams.write(try file.text) }
      do {
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
      } catch {
        throw RecordsError.cannotWrite(path: output, reason: SystemError.wording(error))
      }
      try printLine(file.summary(of: preparation.stageCount))
      for (wave, tasks) in file.waves.enumerated() {
        let first = file.waves[..<wave].reduce(0) { $0 + $1.count }
        try printLine("wave \(wave + 1): --index \(first) to \(first + tasks.count - 1)")
      }
    }
  }
}
