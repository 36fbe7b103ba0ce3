package import Fingerprints
import JSON
package import Stages

/// One stage of a plan: listed once, however many cells share it.
package struct PlannedStage: Sendable {
  /// What its code is given.
  package let specification: any StageSpecification
  /// The canonical form of that, with a label.
  package let stage: Stage
  /// The stage's fingerprint.
  package let fingerprint: Fingerprint
  /// The places of the cells that use the stage, in `Plan.cells`.
  package let cells: [Int]
}

extension PlannedStage: Equatable {
  /// Whether both are the same stage of the same cells.
  package static func == (left: PlannedStage, right: PlannedStage) -> Bool {
    left.stage == right.stage && left.cells == right.cells
  }
}

/// One cell of a plan: its settings and the stages that lead to its metrics.
package struct PlannedCell: Sendable, Equatable {
  /// A short name, distinct within the plan.
  package let label: String
  /// What the cell changes in the manifest's settings.
  package let overrides: [Override]
  /// Whether the cell is a baseline, that is, not a point of the sweep.
  package let isBaseline: Bool
  /// The cell's settings.
  package let settings: Settings
  /// All stages in dependency order, the metrics last.
  package let stages: [StageReference]
  /// The stage of the metrics.
  package let metrics: Fingerprint

  /// The stage of a kind and name; nil where the cell has none.
  package func stage(_ kind: StageKind, named name: String = "") -> Fingerprint? {
    stages.first { $0.kind == kind && $0.name == name }?.fingerprint
  }
}

/// An experiment, expanded: every cell, and every stage once, known with its name in the store before anything runs.
package struct Plan: Sendable, Equatable {
  package let manifest: Manifest
  /// The cells, in the manifest's order.
  package let cells: [PlannedCell]
  /// Every stage once, in dependency order: kind by kind, and within a kind by the first cell that uses it.
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
    stages = assembly.stages(of: cells)
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
