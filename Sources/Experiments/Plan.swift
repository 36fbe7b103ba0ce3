package import Fingerprints
import JSON

/// What a planned stage does, beside what its settings say.
package enum StageWork: Sendable, Hashable {
  /// Makes the anchor pairs.
  case anchors
  /// Tunes the prompt of one role.
  case prompt(PromptRole)
  /// Trains the low-rank adapter.
  case adapter
  /// Answers one evaluation set.
  case generations(EvaluationSet)
  /// Judges the answers to one evaluation set.
  case verdicts(EvaluationSet)
  /// Asks a language model what it says of the answers to one evaluation set.
  case judgments(EvaluationSet, JudgeSettings)
  /// Scores reference answers or choices of one evaluation set.
  case scores(EvaluationSet)
  /// Sums up one cell.
  case metrics
}

/// One stage of a plan: listed once, however many cells share it.
package struct PlannedStage: Sendable, Hashable {
  /// The stage.
  package let stage: Stage
  /// The stage's fingerprint.
  package let fingerprint: Fingerprint
  /// What it does.
  package let work: StageWork
  /// The settings of the first cell that uses the stage. All its cells agree in what matters to the stage.
  package let settings: Settings
  /// The places of the cells that use the stage, in `Plan.cells`.
  package let cells: [Int]
}

/// The stages of one evaluation set in a cell.
package struct PlannedSet: Sendable, Hashable {
  /// The set's name.
  package let name: String
  /// The stages by kind: answers and verdicts, or scores.
  package let stages: [StageKind: Fingerprint]
  /// The judgments of its answers, in the judges' order, each with its judge's name.
  package let judgments: [Judged]

  /// One judge's judgments.
  package struct Judged: Sendable, Hashable {
    /// The judge's name.
    package let judge: String
    /// The stage.
    package let stage: Fingerprint
  }

  /// The stage of a kind, or nil; of judgments there may be several.
  package func stage(_ kind: StageKind) -> Fingerprint? { stages[kind] }
}

/// One cell of a plan: its settings and the stages that lead to its metrics.
package struct PlannedCell: Sendable, Hashable {
  /// A short name, distinct within the plan.
  package let label: String
  /// What the cell changes in the manifest's settings.
  package let overrides: [Override]
  /// Whether the cell is a baseline, that is, not a point of the sweep.
  package let isBaseline: Bool
  /// The cell's settings.
  package let settings: Settings
  /// The anchors' stage; nil when the method needs no tuned prompt and no adapter.
  package let anchors: Fingerprint?
  /// The stage of the tuned safeguarding prompt; nil when the method does not use it.
  package let safeguarding: Fingerprint?
  /// The stage of the tuned adversarial prompt; nil when the method does not use it.
  package let adversarial: Fingerprint?
  /// The stage of the trained adapter; nil when the method does not use it.
  package let adapter: Fingerprint?
  /// The evaluation sets' stages, in the sets' order.
  package let sets: [PlannedSet]
  /// The stage of the metrics.
  package let metrics: Fingerprint

  /// All stages in dependency order.
  package var stages: [Fingerprint] {
    let ofSets =
      [StageKind.generations, .verdicts].flatMap { kind in sets.compactMap { $0.stage(kind) } }
      + sets.flatMap { $0.judgments.map(\.stage) } + sets.compactMap { $0.stage(.scores) }
    return [anchors, safeguarding, adversarial, adapter].compactMap(\.self) + ofSets + [metrics]
  }

  /// The stage of the tuned prompt of a role; nil when the method does not use it.
  package func prompt(_ role: PromptRole) -> Fingerprint? {
    switch role {
    case .safeguarding: safeguarding
    case .adversarial: adversarial
    }
  }
}

/// An experiment, expanded: every cell, and every stage once, known with its name in the store before anything runs.
package struct Plan: Sendable, Hashable {
  /// The manifest.
  package let manifest: Manifest
  /// The cells, in the manifest's order.
  package let cells: [PlannedCell]
  /// Every stage once, in dependency order: by kind, and within a kind by the first cell that uses it.
  package let stages: [PlannedStage]
  private let places: [Fingerprint: Int]

  /// Expands a manifest. Throws when a model or file that a cell uses has no fingerprint in `materials`.
  package init(manifest: Manifest, materials: Materials) throws(ManifestError) {
    self.manifest = manifest
    var assembly = PlanAssembly(materials: materials)
    var cells: [PlannedCell] = []
    for cell in manifest.cells {
      cells.append(try assembly.add(cell, at: cells.count))
    }
    self.cells = cells
    stages = assembly.stages(labels: cells.map(\.label))
    places = Dictionary(stages.enumerated().map { ($1.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The planned stage of the given fingerprint, or nil.
  package func stage(_ fingerprint: Fingerprint) -> PlannedStage? {
    places[fingerprint].map { stages[$0] }
  }

  /// The experiment's own fingerprint: SHA-256 over the canonical JSON of its cells, each by its overrides and its
  /// metrics' fingerprint. Their order does not count, so neither does the order of the sweep's keys; nor do name,
  /// question, comment and `$schema`.
  package var fingerprint: Fingerprint {
    let cells = cells.map { cell -> JSONValue in
      ["metrics": .string(cell.metrics.hexadecimal), "overrides": Override.object(of: cell.overrides)]
    }
    let sorted = cells.sorted { $0.canonical.utf8.lexicographicallyPrecedes($1.canonical.utf8) }
    return Fingerprint(of: ["cells": .array(sorted)])
  }
}
