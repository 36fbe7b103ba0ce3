import Experiments
import Foundation
import Records
import Stages

/// The cells of two engines side by side, where cells differ in nothing but what computes.
struct EnginesSection: Sendable {
  let results: ExperimentResults
  let store: ArtifactStore

  /// The settings that say what computes.
  private static let paths: Set<String> = ["engine", "device", "dtype", "quantization", "attention", "precision"]

  /// The table; nil where no cells differ so.
  var markdown: String? {
    guard results.done.contains(where: { $0.record.overrides.contains { $0.path == "engine" } }) else { return nil }
    var groups: [(rest: [Override], cells: [ExperimentResults.Cell])] = []
    for cell in results.done {
      let rest = cell.record.overrides.filter { !Self.paths.contains($0.path) }
      if let place = groups.firstIndex(where: { $0.rest == rest }) {
        groups[place].cells.append(cell)
      } else {
        groups.append((rest, [cell]))
      }
    }
    groups.removeAll { $0.cells.count < 2 }
    guard !groups.isEmpty else { return nil }
    var table = MarkdownTable(
      [.init("cell")] + results.sets.map { .init("refused: \(MarkdownText.escaped($0))", .right) }
        + [.init("gap", .right), .init("same answers", .right)])
    for group in groups {
      for cell in group.cells {
        let rates = results.sets.map { ExperimentResults.metrics(cell, on: $0)?.refusalRate }
        table.append(
          [MarkdownText.code(cell.record.label)]
            + (rates + [cell.gap]).map { $0.map { NumberText.fixed($0, decimals: 2) } ?? "–" }
            + [cell.record == group.cells[0].record ? "–" : same(cell.record, group.cells[0].record)])
      }
    }
    return table.markdown
      + "\nThe same answers are counted beside the first cell of each group, token by token. Two engines that round "
      + "differently part where two tokens are equally likely to within that, so a few answers differ; rates should "
      + "not.\n"
  }

  /// How many of two cells' answers are the same.
  private func same(_ cell: CellRecord, _ other: CellRecord) -> String {
    var same = 0, all = 0
    for reference in cell.stages where reference.kind == .generations {
      guard let found = answers(reference), let known = other.stage(.generations, named: reference.name),
        let expected = answers(StageReference(kind: .generations, name: reference.name, fingerprint: known)),
        found.count == expected.count
      else { continue }
      all += found.count
      same += zip(found, expected).count { $0.tokens == $1.tokens }
    }
    return all == 0 ? "–" : "\(same) of \(all)"
  }

  private func answers(_ reference: StageReference) -> [Generation]? {
    guard let artifact = try? store.artifact(reference.fingerprint) else { return nil }
    return try? RowFile.read(Generation.self, from: artifact.file("generations.jsonl"))
  }
}
