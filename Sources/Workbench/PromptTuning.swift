package import Experiments
package import Fingerprints
import Foundation
import Records
package import Stages

/// The part of an experiment that tunes: anchor sets and prompts, and nothing after them.
package struct PromptTuning {
  private let workspace: Workspace

  /// A run of the tuning stages.
  package init(workspace: Workspace) { self.workspace = workspace }

  /// One tuned prompt.
  package struct Prompt: Sendable, Encodable {
    /// Which of the two.
    package var role: PromptRole
    /// Its name in the store.
    package var fingerprint: Fingerprint
    /// The folder of the PEFT adapter.
    package var folder: String
    /// The step whose rows were kept, and how many there were.
    package var keptStep: Int
    /// The cells that use it.
    package var cells: [String]
  }

  /// What was tuned.
  package struct Outcome: Sendable {
    /// The prompts, in the plan's order.
    package var prompts: [Prompt]
    /// The messages of the stages that failed.
    package var failures: [String]

    /// A line a prompt.
    package var text: String {
      prompts.map { prompt in
        "\(prompt.role.rawValue) \(prompt.fingerprint.hexadecimal)\n  kept step \(prompt.keptStep); \(prompt.folder)"
      }.joined(separator: "\n")
    }
  }

  /// Tunes what is missing.
  package func run(_ plan: Plan) throws -> Outcome {
    let use = try workspace.useOfStore()
    defer { withExtendedLifetime(use) {} }
    let stages = plan.stages.filter { $0.stage.kind == .anchors || $0.stage.kind == .prompt }
    let failures = try ExperimentRunner(workspace: workspace).compute(stages)
    var prompts: [Prompt] = []
    for planned in stages {
      guard let prompt = planned.specification as? PromptStage,
        let artifact = try workspace.store.artifact(planned.fingerprint)
      else { continue }
      prompts.append(
        Prompt(
          role: prompt.parameters.role, fingerprint: planned.fingerprint, folder: artifact.folder.path,
          keptStep: Int(artifact.record.counters["keptStep"] ?? 0), cells: planned.cells.map { plan.cells[$0].label }))
    }
    return Outcome(prompts: prompts, failures: failures.values.sorted())
  }
}
