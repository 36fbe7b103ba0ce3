import ArgumentParser
import Foundation
import Messages
import Records
import Sweeps
import ToolOptions
import Workbench

/// How experiments are cut into tasks.
struct SplitOptions: ParsableArguments {
  @Option(name: .long, help: "The maximum number of concurrent tasks (default: 8).")
  var jobs: Int?

  @Option(
    name: .long,
    help: "The minimum number of requests in a part of a stage, if there are fewer stages than jobs (default: 96).")
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
    abstract: "Write the stages file for workers: the missing stages of experiments, in tasks and waves.",
    discussion: """
      The tasks of a wave do not depend on each other, only on earlier waves. Stages that need the same model are in \
      one task. The manifests and data files are copied into the store for the workers.

      EXAMPLE
        swift run ablate split Experiments/alpha.json Experiments/seeds.json --jobs 20 --output stages.json
        for index in 0 1 2 3; do swift run ablate worker --stages stages.json & done
      """)

  @Argument(help: "The manifests, such as Experiments/alpha.json.", completion: .file(extensions: ["json"]))
  var manifests: [String]

  @Option(name: .long, help: "The stages file to write (default: standard output).", completion: .file())
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
