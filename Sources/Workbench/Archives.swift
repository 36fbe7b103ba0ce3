import Experiments
package import Fingerprints
package import Foundation
package import Records
import Stages

/// Packs experiments: what of one may travel.
package enum Archives {
  /// Which texts travel.
  package enum Texts: Sendable {
    /// None: no request, no answer, nothing that a judge says, and no data file. Prompts, verdicts, scores and metrics
    /// do.
    case none
    /// What is the user's own: data files, and the answers to their requests.
    case own
    /// Answers to the requests of benchmarks too, and what judges say of them, since these hold requests that have
    /// licenses of their own; and the anchors' sampled answers, some of them to harmful instructions.
    case all
  }

  /// Packs an experiment into a file.
  package static func export(
    _ experiment: Fingerprint, from store: ArtifactStore, to file: URL, texts: Texts
  ) throws -> ExperimentArchive.Contents {
    let text = String(decoding: try store.manifest(of: experiment), as: UTF8.self)
    let manifest = try Manifest(parsing: text, named: "the manifest of \(experiment.short)")
    guard texts == .all || !manifest.cells.contains(where: \.settings.evaluation.isGiven) else {
      throw WorkbenchError.badOption(
        name: "--with-answers", found: "answers that came from elsewhere, which no rerun can make again",
        expected: "the flag, by which they travel, those to harmful requests too; what they hold is yours to guard")
    }
    // A set of the same name may be a benchmark in one cell alone.
    let licensed = Set(
      manifest.cells.flatMap(\.settings.evaluation.sets).filter { $0.benchmark != nil }.map(\.name))
    return try ExperimentArchive.write(experiment, from: store, to: file, withFiles: texts != .none) { reference in
      guard texts != .all else { return true }
      switch reference.kind {
      // The anchors' answers are the model's own, to harmful instructions too; a rerun makes them again.
      case .anchors: return false
      case .generations: return texts == .own && !licensed.contains(reference.name)
      case .judgments: return texts == .own && !licensed.contains { reference.name.hasSuffix("/\($0)") }
      default: return true
      }
    }
  }
}
