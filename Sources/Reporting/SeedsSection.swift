import Fingerprints
import Foundation
import Experiments
import Records
import Stages
import Statistics

/// Repeats over seeds: what each set of cells that differ in nothing else comes to, and how far the seeds spread.
struct SeedsSection: Sendable {
  let results: ExperimentResults

  /// The table; nil where the sweep has no seeds.
  var markdown: String? {
    var groups: [(label: String, overrides: [Override], cells: [ExperimentResults.Cell])] = []
    for cell in results.done where cell.record.overrides.contains(where: { $0.path == "seed" }) {
      let rest = cell.record.overrides.filter { $0.path != "seed" }
      if let place = groups.firstIndex(where: { $0.overrides == rest }) {
        groups[place].cells.append(cell)
      } else {
        let label = cell.record.label.components(separatedBy: ", ").filter { !$0.hasPrefix("seed ") }
        groups.append((label.joined(separator: ", "), rest, [cell]))
      }
    }
    // Greedy answers of an untuned model depend on no seed: five cells of one artifact are one.
    for place in groups.indices {
      var seen: Set<Fingerprint> = []
      groups[place].cells.removeAll { cell in
        cell.record.stage(.metrics).map { !seen.insert($0).inserted } ?? false
      }
    }
    groups.removeAll { $0.cells.count < 2 }
    guard !groups.isEmpty else { return nil }
    var table = MarkdownTable(
      [.init("cells"), .init("seeds", .right)]
        + results.sets.map { .init("refused: \(MarkdownText.escaped($0))", .right) } + [.init("gap", .right)])
    for group in groups {
      let rates = results.sets.map { set in group.cells.map { ExperimentResults.metrics($0, on: set)?.refusalRate } }
      table.append(
        [group.label.isEmpty ? "all" : MarkdownText.code(group.label), "\(group.cells.count)"]
          + (rates + [group.cells.map(\.gap)]).map { Self.text($0.compactMap(\.self)) })
    }
    return table.markdown
      + "\nMean over the seeds ± their standard deviation, and in brackets the mean's 95 % interval (Student's t). The "
      + "seeds vary what the tuning draws, and the requests stay the same, so this is the spread that a single run "
      + "hides.\n"
  }

  private static func text(_ values: [Double]) -> String {
    guard let interval = MeanInterval(values) else { return "–" }
    guard let deviation = interval.standardDeviation, let half = interval.halfWidth else {
      return NumberText.fixed(interval.mean, decimals: 2)
    }
    return "\(NumberText.fixed(interval.mean, decimals: 2)) ± \(NumberText.fixed(deviation, decimals: 2)) "
      + "[\(NumberText.fixed(interval.mean - half, decimals: 2)), "
      + "\(NumberText.fixed(interval.mean + half, decimals: 2))]"
  }
}
