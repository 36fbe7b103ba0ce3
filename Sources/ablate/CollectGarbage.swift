import ArgumentParser
import Experiments
import Fingerprints
import Foundation
import Messages
import Records
import Reporting
import Stages
import ToolOptions
import Workbench

struct CollectGarbage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Remove what no kept experiment needs, from index and store. List it first.",
    discussion: """
      Without --yes, nothing is removed. Without --keep, all experiments are kept, and only what none of them uses is \
      removed.

      EXAMPLE
        swift run ablate gc
        swift run ablate gc --keep 3f9c --keep 77ab --yes
      """)

  @Option(name: .long, help: "An experiment to keep, by its hash or a prefix. All others are removed. Repeatable.")
  var keep: [String] = []

  @Flag(name: .long, help: "Remove what is listed.")
  var yes = false

  @OptionGroup var storeOptions: StoreOptions

  private struct Outcome: Encodable {
    var experiments: [Fingerprint]
    var artifacts: [Fingerprint]
    var bytes: Int
    var folders: [String]
    var dropped: Bool
  }

  func run() throws {
    try reporting {
      let store = storeOptions.artifacts
      guard FileManager.default.fileExists(atPath: store.folder.path) else {
        throw WorkbenchError.missingFile(path: store.folder.path, tried: [store.folder.path])
      }
      let kept = try keep.map { try store.resolve(prefix: $0, among: .experiments) }
      // What a run has just made belongs to no experiment yet.
      let use = try yes ? store.use(exclusively: true) : nil
      defer { withExtendedLifetime(use) {} }
      if yes && use == nil { throw WorkbenchError.storeInUse(path: store.folder.path) }
      let sweep = try store.sweep(keeping: keep.isEmpty ? nil : Set(kept))
      if yes {
        try store.drop(sweep)
        try RunIndex(store: store).rebuild()
      }
      if storeOptions.json {
        return try printLine(
          try Listings.json(
            Outcome(
              experiments: sweep.experiments, artifacts: sweep.artifacts.map(\.fingerprint), bytes: sweep.bytes,
              folders: sweep.folders.map(\.path), dropped: yes)))
      }
      for experiment in sweep.experiments { try printLine("experiment \(experiment.short)") }
      for artifact in sweep.artifacts {
        try printLine(
          "\(artifact.kind?.rawValue ?? "artifact") \(artifact.fingerprint.short), \(ByteCount(artifact.bytes))")
      }
      for folder in sweep.folders { try printLine(folder.path) }
      let what =
        "\(sweep.experiments.count) experiments, \(sweep.artifacts.count) artifacts (\(ByteCount(sweep.bytes))) and "
        + "\(sweep.folders.count) folders"
      try printLine(
        sweep.isEmpty ? "Nothing to drop." : yes ? "Dropped \(what)." : "\(what) would be dropped; --yes does it.")
    }
  }
}
