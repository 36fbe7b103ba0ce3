public import Experiments
import Foundation
import Records

/// The part of an experiment that tunes: anchor sets and prompts, and nothing after them.
public struct PromptTuning {
  private let workspace: Workspace

  /// A run of the tuning stages.
  public init(workspace: Workspace) { self.workspace = workspace }

  /// One tuned prompt.
  public struct Prompt: Sendable, Encodable {
    /// Which of the two.
    public var role: PromptRole
    /// Its name in the store.
    public var fingerprint: Fingerprint
    /// The folder of the PEFT adapter.
    public var folder: String
    /// The step whose rows were kept, and how many there were.
    public var keptStep: Int
    /// The cells that use it.
    public var cells: [String]
  }

  /// What was tuned.
  public struct Outcome: Sendable {
    /// The prompts, in the plan's order.
    public var prompts: [Prompt]
    /// The messages of the stages that failed.
    public var failures: [String]

    /// A line a prompt.
    public var text: String {
      prompts.map { prompt in
        "\(prompt.role.rawValue) \(prompt.fingerprint.hexadecimal)\n  kept step \(prompt.keptStep); \(prompt.folder)"
      }.joined(separator: "\n")
    }
  }

  /// Tunes what is missing.
  public func run(_ plan: Plan) throws -> Outcome {
    let use = try workspace.useOfStore()
    defer { withExtendedLifetime(use) {} }
    let stages = plan.stages.filter { $0.stage.kind == .anchors || $0.stage.kind == .prompt }
    let failures = try ExperimentRunner(workspace: workspace).compute(stages)
    var prompts: [Prompt] = []
    for planned in stages {
      guard case .prompt(let role) = planned.work, let artifact = try workspace.store.artifact(planned.fingerprint)
      else { continue }
      prompts.append(
        Prompt(
          role: role, fingerprint: planned.fingerprint, folder: artifact.folder.path,
          keptStep: Int(artifact.record.counters["keptStep"] ?? 0), cells: planned.cells.map { plan.cells[$0].label }))
    }
    return Outcome(prompts: prompts, failures: failures.values.sorted())
  }
}
