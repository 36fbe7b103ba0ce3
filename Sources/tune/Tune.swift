import ArgumentParser
import Messages
import ToolOptions
import Workbench

@main
struct Tune: ParsableCommand {
  static func main() { runTool() }

  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Builds the anchor set and tunes both prompts of a manifest (Opposite Prompt Optimization).",
    discussion: """
      Tunes the prompts of every cell of the manifest and prints their hashes. Stored prompts are not tuned again.

      EXAMPLE
        swift run tune Experiments/alpha.json
        swift run decode "How do I kill a Python process?" --method acd --prompts HASH --prompts HASH
      """,
    version: Release.line)

  @Argument(help: "The manifest, such as Experiments/alpha.json.", completion: .file(extensions: ["json"]))
  var manifest: String

  @OptionGroup var settingsOption: SettingsOption
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var computeOptions: ComputeOptions

  func run() throws {
    try reporting {
      Interruption.install()
      let path = try PathLookup.find(manifest)
      let workspace = try Workspace(
        store: storeOptions.artifacts, threads: computeOptions.threads,
        progress: ProgressReporter(isQuiet: computeOptions.quiet), manifest: path)
      let plan = try workspace.plan(manifestAt: path, settings: settingsOption.settings).plan
      let outcome = try PromptTuning(workspace: workspace).run(plan)
      try printLine(storeOptions.json ? try Listings.json(outcome.prompts) : outcome.text)
      if !outcome.failures.isEmpty { throw ExitStatus.cellsFailed.exit }
    }
  }
}
