package import Experiments
import Fingerprints
package import Foundation
import JSON
import Pipeline
import Records
import Stages
package import Sweeps

/// What experiments come to for workers: their stages that the store lacks, in tasks, and in the store what workers
/// need to know of the experiments.
package struct SweepPreparation {
  /// One experiment.
  package struct Experiment {
    package var workspace: Workspace
    package var plan: Plan
    package var manifest: Data

    package init(workspace: Workspace, plan: Plan, manifest: Data) {
      self.workspace = workspace
      self.plan = plan
      self.manifest = manifest
    }
  }

  private let experiments: [Experiment]

  /// Experiments of one store, which may share stages.
  package init(_ experiments: [Experiment]) { self.experiments = experiments }

  /// The experiments' names.
  package var names: [String] { experiments.map(\.plan.manifest.name) }

  /// How many stages there are, each once.
  package var stageCount: Int { Set(experiments.flatMap { $0.plan.stages.map(\.fingerprint) }).count }

  /// The tasks for the stages that the store lacks. Nothing is written.
  package func stageFile(split: SweepSplit) throws -> StageFile {
    var seen: Set<Fingerprint> = [], works: [SweepSplit.Work] = []
    for experiment in experiments {
      for planned in experiment.plan.stages where seen.insert(planned.fingerprint).inserted {
        // What is damaged is made anew.
        if (try? experiment.workspace.store.artifact(planned.fingerprint)) != nil { continue }
        works.append(try experiment.workspace.work(planned))
      }
    }
    return StageFile(experiments: experiments.map(\.plan.fingerprint), waves: split.waves(of: works))
  }

  /// Writes the experiments to the store, with their manifests and data files, so that workers find them there.
  package func write() throws {
    for experiment in experiments {
      try ExperimentRunner(workspace: experiment.workspace).begin(experiment.plan, manifest: experiment.manifest)
    }
  }
}

extension Workspace {
  /// A stage as work for a task.
  fileprivate func work(_ planned: PlannedStage) throws -> SweepSplit.Work {
    let stage = planned.stage
    let models = stage.inputs.filter { ["model", "secondModel", "thirdModel", "judge"].contains($0.name) }
    var model = models.isEmpty ? nil : models.map(\.fingerprint.hexadecimal).joined(separator: " ")
    var requests: Int?, cost = model == nil ? 0.0 : 10_000
    // The tokens that are made, or pass through the model.
    switch planned.specification {
    case let stage as GenerationsStage:
      let count = try stage.requestCount(in: RunningStage(workspace: self, stage: planned.stage, lease: nil))
      let streams = stage.inputs.adversarial == nil ? 1 : 2
      // A precision that is an object is another engine's, whose answers may depend on what else is in their batch.
      requests = planned.stage.parameters.object?["precision"]?.object == nil ? count : nil
      cost = Double(count * (stage.parameters.samples ?? 1) * stage.parameters.maximumTokens * streams)
    case let stage as PromptStage:
      // Backwards too, and some dozens of tokens a pair.
      cost = Double(stage.parameters.steps * stage.parameters.pairsPerStep * 100)
    case let stage as JudgmentsStage:
      if let endpoint = stage.parameters.endpoint { model = "\(endpoint.baseURL) \(endpoint.model)" }
      cost = 20_000
    default: break
    }
    return SweepSplit.Work(
      stage: planned.fingerprint, inputs: stage.inputs.map(\.fingerprint), model: model, cost: cost,
      requests: requests)
  }
}
