import ArgumentParser
import Messages
import ToolOptions

@main
struct Ablate: AsyncParsableCommand {
  static func main() async { await runTool() }

  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract: "Runs experiments from manifests, and reruns past ones by hash.",
    discussion: """
      EXAMPLE
        swift run ablate Experiments/alpha.json       run what is missing, print the table, write the report
        swift run ablate Experiments/alpha.json --dry-run
        swift run ablate Experiments/alpha.json --slurm --jobs 20 --sbatch "--partition=gpu"
        swift run ablate list
        swift run ablate rerun 3f9c                   recompute in a fresh store and compare the bytes
        swift run ablate export 3f9c alpha.tar        pack it for another machine, which imports and reruns it
        swift run ablate verify                       hash the store anew
        swift run ablate fetch advbench               get a benchmark
        swift run ablate label 3f9c                   label answers by hand, to calibrate judges with
      """,
    version: Release.line,
    subcommands: [
      Run.self, List.self, Show.self, RerunCommand.self, Verify.self, Export.self, Import.self, CollectGarbage.self,
      Fetch.self, LabelCommand.self, Calibrate.self, Split.self, WorkerCommand.self, Status.self, Cancel.self,
    ],
    defaultSubcommand: Run.self)
}
