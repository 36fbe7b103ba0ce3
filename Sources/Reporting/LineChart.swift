/// A line chart as SVG: series over one numeric axis, each with an optional band around it.
package struct LineChart: Sendable {
  /// A point, with the ends of its interval where it has one.
  package struct Point: Sendable {
    var x: Double
    var y: Double
    var low: Double?
    var high: Double?

    /// Makes a point; `low` and `high` are the interval's ends in units of `y`.
    package init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
      self.x = x
      self.y = y
      self.low = low
      self.high = high
    }
  }

  /// One line.
  package struct Series: Sendable {
    var name: String
    var points: [Point]
    var showsMarkers: Bool

    /// Makes a line through points, which are sorted along x first. Lines of many points are better without markers.
    package init(name: String, points: [Point], showsMarkers: Bool = true) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
      self.showsMarkers = showsMarkers
    }
  }

  private let title: String
  private let note: String?
  private let xName: String
  private let yName: String
  private let yRange: ClosedRange<Double>?
  private let series: [Series]

  /// Makes a chart.
  /// - Parameters:
  ///   - title: one line above the chart.
  ///   - note: a smaller line below the title, for instance what the bands are.
  ///   - xName: the horizontal axis's name with its unit.
  ///   - yName: the vertical axis's name with its unit.
  ///   - yRange: the vertical axis's ends; nil fits them to the points, 0 included.
  ///   - series: the lines, in the order of their colors.
  package init(
    title: String, note: String? = nil, xName: String, yName: String, yRange: ClosedRange<Double>? = nil,
    series: [Series]
  ) {
    self.title = title
    self.note = note
    self.xName = xName
    self.yName = yName
    self.yRange = yRange
    self.series = series
  }

  /// The chart as an SVG document; the same chart gives the same bytes.
  package var svg: String {
    let points = series.flatMap { $0.points }
    let xScale = AxisScale.fitting(points.map(\.x))
    let yReach: [Double] =
      yRange.map { [$0.lowerBound, $0.upperBound] }
      ?? points.reduce(into: [0]) { $0 += [$1.y, $1.low ?? $1.y, $1.high ?? $1.y] }
    let labelWidth = series.map { SVG.width(of: $0.name) }.max() ?? 0
    let frame = ChartFrame(
      width: 720, height: 400, left: 70, right: min(240, labelWidth + 46), top: note == nil ? 48 : 66, bottom: 62,
      xScale: xScale, yScale: AxisScale(linearOver: yReach))
    let bands = series.enumerated().map { band($1, index: $0, in: frame) }.joined()
    let lines = series.enumerated().map { line($1, index: $0, in: frame) }.joined()
    let description = series.map { line in
      line.name + ": "
        + line.points.map { "\(NumberText.short($0.x)) → \(NumberText.short($0.y))" }.joined(separator: ", ")
    }
    return SVG.document(
      width: frame.width, height: frame.height, title: title,
      description: "\(yName) over \(xName). " + (points.count <= 60 ? description.joined(separator: "; ") : ""),
      content: frame.heading(title: title, note: note) + frame.horizontalGrid() + bands
        + frame.axes(xName: xName, yName: yName)
        + lines + labels(in: frame))
  }

  private func band(_ series: Series, index: Int, in frame: ChartFrame) -> String {
    let ends = series.points.compactMap { point in
      point.low.flatMap { low in point.high.map { (x: point.x, low: low, high: $0) } }
    }
    guard ends.count == series.points.count, ends.count > 1 else { return "" }
    let corners =
      ends.map { (frame.x($0.x), frame.y($0.high)) } + ends.reversed().map { (frame.x($0.x), frame.y($0.low)) }
    let list = corners.map { SVG.number($0.0) + "," + SVG.number($0.1) }.joined(separator: " ")
    return SVG.element(
      "polygon",
      [("class", ChartStyle.colorClass(index)), ("points", list), ("fill", "currentColor"), ("fill-opacity", "0.18")])
  }

  private func line(_ series: Series, index: Int, in frame: ChartFrame) -> String {
    let places = series.points.map { (frame.x($0.x), frame.y($0.y)) }
    var content = "\n"
    // A lone point has no band; whiskers say the same.
    if places.count == 1, let point = series.points.first, let low = point.low, let high = point.high {
      let x = frame.x(point.x)
      content += SVG.line((x, frame.y(low)), (x, frame.y(high)), [("stroke", "currentColor"), ("stroke-width", "1.5")])
    }
    if places.count > 1 {
      let list = places.map { SVG.number($0.0) + "," + SVG.number($0.1) }.joined(separator: " ")
      var attributes = [("points", list), ("fill", "none"), ("stroke", "currentColor"), ("stroke-width", "2")]
      attributes.append(("stroke-linejoin", "round"))
      if !ChartStyle.dash(index).isEmpty { attributes.append(("stroke-dasharray", ChartStyle.dash(index))) }
      content += SVG.element("polyline", attributes)
    }
    if series.showsMarkers || places.count == 1 {
      content += places.map { ChartStyle.marker(index, x: $0.0, y: $0.1) }.joined()
    }
    return SVG.element("g", [("class", ChartStyle.colorClass(index))], content: content)
  }

  /// Each line's name behind its last point, pushed apart where they would overlap, with a piece of the line itself.
  private func labels(in frame: ChartFrame) -> String {
    let height = 18.0
    var places = series.enumerated().compactMap { index, line in
      line.points.last.map { (index: index, name: line.name, y: frame.y($0.y)) }
    }
    places.sort { ($0.y, $0.index) < ($1.y, $1.index) }
    for index in places.indices.dropFirst() {
      places[index].y = max(places[index].y, places[index - 1].y + height)
    }
    var floor = frame.y(frame.yScale.lower)
    for index in places.indices.reversed() {
      places[index].y = min(places[index].y, floor)
      floor = places[index].y - height
    }
    let x = frame.x(frame.xScale.upper)
    return places.map { place in
      let y = place.y
      var stroke = [("stroke", "currentColor"), ("stroke-width", "2")]
      if !ChartStyle.dash(place.index).isEmpty { stroke.append(("stroke-dasharray", ChartStyle.dash(place.index))) }
      let marker = series[place.index].showsMarkers ? ChartStyle.marker(place.index, x: x + 18, y: y) : ""
      let key = SVG.element(
        "g", [("class", ChartStyle.colorClass(place.index))],
        content: "\n" + SVG.line((x + 8, y), (x + 28, y), stroke) + marker)
      return key + SVG.text(place.name, x: x + 33, y: y + 4.5)
    }.joined()
  }
}
