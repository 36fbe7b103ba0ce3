import Experiments
import Records
import Stages
import Statistics

/// Harmlessness against over-refusal: a point a cell, pooled over the sets of each kind.
struct OverRefusalChart: Sendable {
  /// Which harmful requests the cells are seen on.
  enum Requests: Sendable {
    case plain
    /// Those under an attack, all attacks pooled.
    case attacked
  }

  let results: ExperimentResults
  var requests = Requests.plain

  /// The chart as SVG; nil where fewer than three cells have both kinds of set.
  var svg: String? {
    let points = results.done.compactMap { cell -> ScatterPlot.Point? in
      guard let harmful = pooled(cell.metrics, .harmful, requests),
        let harmless = pooled(cell.metrics, .harmless, .plain)
      else { return nil }
      return ScatterPlot.Point(
        name: cell.record.label.count > 28 ? cell.record.label.prefix(27) + "…" : cell.record.label, x: harmless,
        y: harmful, isMarked: cell.record.isBaseline)
    }
    guard points.count >= 3 else { return nil }
    return ScatterPlot(
      title: requests == .plain
        ? "Harmlessness against over-refusal" : "Harmlessness under attack against over-refusal",
      note:
        "Up and left is better. Dashed: Pareto front; whiskers: 95 % intervals; squares: baselines; "
        + (requests == .plain ? "sets of a kind pooled" : "attacks pooled"),
      xName: "refused harmless requests (share)",
      yName: requests == .plain
        ? "refused harmful requests (share)" : "refused harmful requests under attack (share)",
      points: points
    ).svg
  }

  private func pooled(
    _ metrics: CellMetrics, _ kind: InstructionKind, _ requests: Requests
  ) -> (estimate: Double, low: Double, high: Double)? {
    let sets = metrics.sets.filter { $0.kind == kind && ($0.attack == nil) == (requests == .plain) }
    let refused = sets.reduce(0) { $0 + $1.refused }, count = sets.reduce(0) { $0 + $1.count }
    return WilsonInterval(successes: refused, count: count).map { ($0.estimate, $0.lower, $0.upper) }
  }
}
