/// The part of a chart that is the same for all kinds: the plot's rectangle, its heading, its axes and grid.
struct ChartFrame: Sendable {
  var width: Double
  var height: Double
  var left: Double
  var right: Double
  var top: Double
  var bottom: Double
  var xScale: AxisScale
  var yScale: AxisScale

  /// The horizontal place of a value, in pixels.
  func x(_ value: Double) -> Double { left + xScale.position(of: value) * (width - left - right) }

  /// The vertical place of a value, in pixels from the top.
  func y(_ value: Double) -> Double { height - bottom - yScale.position(of: value) * (height - top - bottom) }

  /// The title and the smaller line below it.
  func heading(title: String, note: String?) -> String {
    SVG.text(title, x: 16, y: 26, style: "title") + (note.map { SVG.text($0, x: 16, y: 45, style: "note") } ?? "")
  }

  /// A faint line at each tick of the vertical axis.
  func horizontalGrid() -> String {
    yScale.ticks.map { SVG.line((left, y($0.value)), (width - right, y($0.value)), [("class", "grid")]) }.joined()
  }

  /// A faint line at each tick of the horizontal axis.
  func verticalGrid() -> String {
    xScale.ticks.map { SVG.line((x($0.value), top), (x($0.value), height - bottom), [("class", "grid")]) }.joined()
  }

  /// The horizontal axis: line, ticks, tick labels and name.
  func horizontalAxis(name: String) -> String {
    let base = height - bottom
    var content = SVG.line((left, base), (width - right, base), [("class", "axis")])
    var end = -Double.infinity
    for tick in xScale.ticks {
      content += SVG.line((x(tick.value), base), (x(tick.value), base + 5), [("class", "axis")])
      // On a logarithmic axis neighbours can be too close for both labels.
      let half = SVG.width(of: tick.label) / 2
      guard x(tick.value) - half > end + 4 else { continue }
      content += SVG.text(tick.label, x: x(tick.value), y: base + 20, anchor: "middle")
      end = x(tick.value) + half
    }
    return content + SVG.text(name, x: (left + width - right) / 2, y: base + 44, anchor: "middle")
  }

  /// Both axes with their names.
  func axes(xName: String, yName: String) -> String {
    let base = height - bottom
    var content = SVG.line((left, top), (left, base), [("class", "axis")])
    for tick in yScale.ticks {
      content += SVG.line((left - 5, y(tick.value)), (left, y(tick.value)), [("class", "axis")])
      content += SVG.text(tick.label, x: left - 9, y: y(tick.value) + 4.5, anchor: "end")
    }
    return content + horizontalAxis(name: xName)
      + SVG.text(yName, x: 22, y: (top + base) / 2, anchor: "middle", rotated: true)
  }
}
