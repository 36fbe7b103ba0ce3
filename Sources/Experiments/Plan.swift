/// What a planned stage does, beside what its settings say.
public enum StageWork: Sendable, Hashable {
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
public struct PlannedStage: Sendable, Hashable {
  /// The stage.
  public let stage: Stage
  /// The stage's fingerprint.
  public let fingerprint: Fingerprint
  /// What it does.
  public let work: StageWork
  /// The settings of the first cell that uses the stage. All its cells agree in what matters to the stage.
  public let settings: Settings
  /// The places of the cells that use the stage, in `Plan.cells`.
  public let cells: [Int]
}

/// The stages of one evaluation set in a cell.
public struct PlannedSet: Sendable, Hashable {
  /// The set's name.
  public let name: String
  /// The stages by kind: answers and verdicts, or scores.
  public let stages: [StageKind: Fingerprint]
  /// The judgments of its answers, in the judges' order, each with its judge's name.
  public let judgments: [Judged]

  /// One judge's judgments.
  public struct Judged: Sendable, Hashable {
    /// The judge's name.
    public let judge: String
    /// The stage.
    public let stage: Fingerprint
  }

  /// The stage of a kind, or nil; of judgments there may be several.
  public func stage(_ kind: StageKind) -> Fingerprint? { stages[kind] }
}

/// One cell of a plan: its settings and the stages that lead to its metrics.
public struct PlannedCell: Sendable, Hashable {
  /// A short name, distinct within the plan.
  public let label: String
  /// What the cell changes in the manifest's settings.
  public let overrides: [Override]
  /// Whether the cell is a baseline, that is, not a point of the sweep.
  public let isBaseline: Bool
  /// The cell's settings.
  public let settings: Settings
  /// The anchors' stage; nil when the method needs no tuned prompt and no adapter.
  public let anchors: Fingerprint?
  /// The stage of the tuned safeguarding prompt; nil when the method does not use it.
  public let safeguarding: Fingerprint?
  /// The stage of the tuned adversarial prompt; nil when the method does not use it.
  public let adversarial: Fingerprint?
  /// The stage of the trained adapter; nil when the method does not use it.
  public let adapter: Fingerprint?
  /// The evaluation sets' stages, in the sets' order.
  public let sets: [PlannedSet]
  /// The stage of the metrics.
  public let metrics: Fingerprint

  /// All stages in dependency order.
  public var stages: [Fingerprint] {
    let ofSets =
      [StageKind.generations, .verdicts].flatMap { kind in sets.compactMap { $0.stage(kind) } }
      + sets.flatMap { $0.judgments.map(\.stage) } + sets.compactMap { $0.stage(.scores) }
    return [anchors, safeguarding, adversarial, adapter].compactMap(\.self) + ofSets + [metrics]
  }

  /// The stage of the tuned prompt of a role; nil when the method does not use it.
  public func prompt(_ role: PromptRole) -> Fingerprint? {
    switch role {
    case .safeguarding: safeguarding
    case .adversarial: adversarial
    }
  }
}

/// An experiment, expanded: every cell, and every stage once, known with its name in the store before anything runs.
public struct Plan: Sendable, Hashable {
  /// The manifest.
  public let manifest: Manifest
  /// The cells, in the manifest's order.
  public let cells: [PlannedCell]
  /// Every stage once, in dependency order: by kind, and within a kind by the first cell that uses it.
  public let stages: [PlannedStage]
  private let places: [Fingerprint: Int]

  /// Expands a manifest. Throws when a model or file that a cell uses has no fingerprint in `materials`.
  public init(manifest: Manifest, materials: Materials) throws(ManifestError) {
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
  public func stage(_ fingerprint: Fingerprint) -> PlannedStage? {
    places[fingerprint].map { stages[$0] }
  }

  /// The experiment's own fingerprint: SHA-256 over the canonical JSON of its cells, each by its overrides and its
  /// metrics' fingerprint. Their order does not count, so neither does the order of the sweep's keys; nor do name,
  /// question, comment and `$schema`.
  public var fingerprint: Fingerprint {
    let cells = cells.map { cell -> JSONValue in
      ["metrics": .string(cell.metrics.hexadecimal), "overrides": Override.object(of: cell.overrides)]
    }
    let sorted = cells.sorted { $0.canonical.utf8.lexicographicallyPrecedes($1.canonical.utf8) }
    return Fingerprint(of: ["cells": .array(sorted)])
  }
}
