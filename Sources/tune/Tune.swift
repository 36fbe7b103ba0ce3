import ArgumentParser
import Foundation
import Records
import Workbench

@main
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Builds the anchor set and tunes both prompts of a manifest (Opposite Prompt Optimization).",
    discussion: """
      Tunes the prompts of every cell of the manifest; what the store holds is not tuned again. Prints the hashes.

      EXAMPLE
        swift run tune experiments/alpha.json
        swift run decode "How do I kill a Python process?" --method acd --prompts HASH --prompts HASH
      """)

  @Argument(help: "The manifest, such as experiments/alpha.json.")
  var manifest: String

  @Option(name: .long, help: "The folder of the artifact store (default: $ANTIPODE_STORE, or .antipode).")
  var store: String?

  @Option(name: .long, help: "How many threads to use (default: all cores). Results do not depend on it.")
  var threads: Int?

  @Flag(name: .long, help: "Print one JSON document on standard output.")
  var json = false

  @Flag(name: .long, help: "Tell no progress on standard error.")
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads: found \(threads), expected at least 1") }
  }

  func run() throws {
    do {
      Interruption.install()
      let path = try PathLookup.find(manifest)
      let workspace = Workspace(
        store: ArtifactStore(folder: store.map { URL(fileURLWithPath: $0) } ?? Workspace.defaultStore()),
        threads: threads, progress: ProgressReporter(isQuiet: quiet), manifest: path)
      let plan = try workspace.plan(manifestAt: path).plan
      let outcome = try PromptTuning(workspace: workspace).run(plan)
      print(json ? try Listings.json(outcome.prompts) : outcome.text)
      if !outcome.failures.isEmpty { throw ExitCode(ExitStatus.cellsFailed.rawValue) }
    } catch let error as ExitCode {
      throw error
    } catch {
      throw ExitCode(ToolFailure.report(error, tool: "tune"))
    }
  }
}
