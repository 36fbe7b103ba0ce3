import Experiments
import JSON
import Records
import Stages

/// The picture of the results: lines over the axis where the sweep has one numeric axis, else bars, or dots where there
/// are many.
struct SweepChart: Sendable {
  private static let axisNames = [
    "decoding.alpha": "α, strength of the contrast (no unit)",
    "decoding.temperature": "sampling temperature (no unit)",
    "decoding.maximumTokens": "longest answer (tokens)",
    "anchors.size": "anchors of each kind (instructions)",
    "tuning.steps": "tuning length (steps)",
    "tuning.learningRate": "learning rate (no unit)",
    "tuning.pairsPerStep": "batch (anchor pairs a step)",
    "tuning.initialization.length": "prompt length (tokens)",
    "seed": "seed",
  ]

  let results: ExperimentResults

  /// The chart as SVG, or nil where no cell is done.
  var svg: String? {
    guard !results.done.isEmpty else { return nil }
    if let axis = numericAxis { return lines(over: axis.path, positions: axis.positions) }
    return cells
  }

  /// The one setting in which the sweep's cells differ, when it takes numbers only, with each cell's value.
  private var numericAxis: (path: String, positions: [String: Double])? {
    let cells = results.record.cells.filter { !$0.isBaseline }
    var values: [String: [JSONValue]] = [:]
    for override in cells.flatMap(\.overrides) where !(values[override.path, default: []].contains(override.value)) {
      values[override.path, default: []].append(override.value)
    }
    let varied = values.filter { $0.value.count > 1 }
    guard varied.count == 1, let path = varied.first?.key else { return nil }
    var positions: [String: Double] = [:]
    for cell in cells {
      guard let number = cell.overrides.first(where: { $0.path == path })?.value.number else { return nil }
      positions[cell.label] = number
    }
    return (path, positions)
  }

  private func lines(over path: String, positions: [String: Double]) -> String {
    let series = results.sets.map { set in
      LineChart.Series(
        name: set,
        points: results.done.compactMap { cell in
          guard let x = positions[cell.record.label], let metrics = ExperimentResults.metrics(cell, on: set) else {
            return nil
          }
          return LineChart.Point(x: x, y: metrics.refusalRate, low: metrics.low, high: metrics.high)
        })
    }
    return LineChart(
      title: "Refusal rate by set", note: "Bands: 95 % Wilson intervals", xName: Self.axisNames[path] ?? path,
      yName: "refusal rate (share of answers)", yRange: 0...1, series: series
    ).svg
  }

  /// The cells side by side, whatever the sweep: bars, or dots where there are many.
  var cells: String {
    results.record.cells.count * max(1, results.sets.count) <= 40 ? bars : dots
  }

  private var categories: [DotPlot.Category] {
    results.record.cells.map { record in
      let cell = results.done.first { $0.record.label == record.label }
      let values = results.sets.enumerated().compactMap { index, set in
        cell.flatMap { ExperimentResults.metrics($0, on: set) }.map {
          DotPlot.Value(series: index, estimate: $0.refusalRate, low: $0.low, high: $0.high)
        }
      }
      return DotPlot.Category(name: record.label, values: values)
    }
  }

  private var bars: String {
    BarChart(
      title: "Refusal rate by cell", note: "Whiskers: 95 % Wilson intervals", yName: "refusal rate (share of answers)",
      seriesNames: results.sets, categories: categories
    ).svg
  }

  private var dots: String {
    DotPlot(
      title: "Refusal rate by cell", note: "Whiskers: 95 % Wilson intervals", xName: "refusal rate (share of answers)",
      seriesNames: results.sets, categories: categories
    ).svg
  }
}
