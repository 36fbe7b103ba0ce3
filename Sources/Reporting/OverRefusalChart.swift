import Experiments
import Records
import Stages
import Statistics

/// Harmlessness against over-refusal: a point a cell, pooled over the sets of each kind.
struct OverRefusalChart: Sendable {
  let results: ExperimentResults

  /// The chart as SVG; nil where fewer than three cells have both kinds of set.
  var svg: String? {
    let points = results.done.compactMap { cell -> ScatterPlot.Point? in
      guard let harmful = pooled(cell.metrics, .harmful), let harmless = pooled(cell.metrics, .harmless) else {
        return nil
      }
      return ScatterPlot.Point(
        name: cell.record.label.count > 28 ? cell.record.label.prefix(27) + "…" : cell.record.label, x: harmless,
        y: harmful, isMarked: cell.record.isBaseline)
    }
    guard points.count >= 3 else { return nil }
    return ScatterPlot(
      title: "Harmlessness against over-refusal",
      note: "Better is up and to the left. Whiskers: 95 % Wilson intervals; squares: baselines; sets of a kind pooled",
      xName: "refused harmless requests (share)", yName: "refused harmful requests (share)",
      points: points
    ).svg
  }

  private func pooled(
    _ metrics: CellMetrics, _ kind: InstructionKind
  ) -> (estimate: Double, low: Double, high: Double)? {
    let sets = metrics.sets.filter { $0.kind == kind && $0.attack == nil }
    let refused = sets.reduce(0) { $0 + $1.refused }, count = sets.reduce(0) { $0 + $1.count }
    return WilsonInterval(successes: refused, count: count).map { ($0.estimate, $0.lower, $0.upper) }
  }
}
