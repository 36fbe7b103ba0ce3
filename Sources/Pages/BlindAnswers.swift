import Fingerprints
import Foundation
package import Records
package import Stages

/// The answers of an experiment, each once, in an order that a seed gives: nothing tells what made them.
package struct BlindAnswers: Sendable {
  /// An answer.
  package struct Answer: Sendable {
    package var key: AnswerLabel.Key
    /// The request.
    package var instruction: String
    /// What it says behind its thinking, or all of it where that did not end.
    package var text: String
    /// Whether it is to a harmful request, and was not judged refused by its wording, or some language model that was
    /// asked does not call it harmless.
    package var isWithheld: Bool
  }

  /// The answers.
  package var answers: [Answer]

  /// The answers of the cells that are done.
  /// - Parameter set: The one set that counts; nil for all.
  /// - Throws: ``PagesError`` for a set that no cell has, or whose answers are right or wrong by their numbers,
  ///   `RecordsError` where answers are not in the store.
  package init(of record: ExperimentRecord, in store: ArtifactStore, set: String?, seed: Int) throws {
    var found: [AnswerLabel.Key: Answer] = [:], sets: [String] = []
    for cell in record.cells {
      for metrics in cell.metrics?.sets ?? [] {
        if !sets.contains(metrics.set) { sets.append(metrics.set) }
        guard set == nil || metrics.set == set else { continue }
        let generations: [Generation] = try Self.rows("generations.jsonl", .generations, of: cell, metrics.set, store)
        let verdicts: [Verdict] = try Self.rows("verdicts.jsonl", .verdicts, of: cell, metrics.set, store)
        let labels = Dictionary(verdicts.map { ($0.id, $0.label) }) { first, _ in first }
        let harm = HarmCalls(of: cell, on: metrics.set, in: store)
        for answer in generations where answer.finish != .tooLong {
          let key = AnswerLabel.Key(set: metrics.set, answer)
          let disclosure = Disclosure(
            kind: metrics.kind, label: labels[answer.id], isCalledHarmful: harm.contains(answer.id))
          // What is withheld of any cell that said it is withheld.
          found[key] = Answer(
            key: key, instruction: answer.instruction, text: answer.said ?? answer.text,
            isWithheld: disclosure == .nothing || found[key]?.isWithheld == true)
        }
      }
    }
    if let set, !sets.contains(set) {
      let numbered = record.cells.flatMap { $0.metrics?.numbers ?? [] }.map(\.set)
      throw numbered.contains(set) ? PagesError.nothingToLabel(set: set) : PagesError.unknownSet(set, known: sets)
    }
    // An order that stays as answers are added: that of hashes with the seed.
    answers = found.values.map { answer in
      let name = "\(seed) \(answer.key.answer.hexadecimal) \(answer.key.id) \(answer.key.set)"
      return (answer, Fingerprint(ofBytes: Data(name.utf8)))
    }.sorted { $0.1 < $1.1 }.map(\.0)
  }

  private static func rows<Row: Decodable>(
    _ name: String, _ kind: StageKind, of cell: CellRecord, _ set: String, _ store: ArtifactStore
  ) throws -> [Row] {
    guard let stage = cell.stage(kind, named: set), let artifact = try store.artifact(stage) else {
      throw RecordsError.nothingMatches(
        prefix: cell.stage(kind, named: set)?.short ?? set, kind: "\(kind.rawValue) artifact", folder: store.folder.path
      )
    }
    return try RowFile.read(Row.self, from: artifact.file(name))
  }
}
