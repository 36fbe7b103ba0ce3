/// A scatter plot as SVG: one point a method, with whiskers in both directions and its name beside it. A dashed line
/// runs through the Pareto front: the points that no other one beats, further left and further up.
package struct ScatterPlot: Sendable {
  /// One point of two shares, 0 to 1, each with its interval's ends.
  package struct Point: Sendable {
    var name: String
    var x: (estimate: Double, low: Double, high: Double)
    var y: (estimate: Double, low: Double, high: Double)
    var isMarked: Bool

    /// Makes a point; a marked one stands out (a baseline).
    package init(
      name: String, x: (estimate: Double, low: Double, high: Double), y: (estimate: Double, low: Double, high: Double),
      isMarked: Bool = false
    ) {
      self.name = name
      self.x = x
      self.y = y
      self.isMarked = isMarked
    }
  }

  private let title: String
  private let note: String?
  private let xName: String
  private let yName: String
  private let points: [Point]

  package init(title: String, note: String? = nil, xName: String, yName: String, points: [Point]) {
    self.title = title
    self.note = note
    self.xName = xName
    self.yName = yName
    self.points = points
  }

  /// The plot as an SVG document; the same plot gives the same bytes.
  package var svg: String {
    let frame = ChartFrame(
      width: 720, height: 560, left: 76, right: 30, top: note == nil ? 56 : 74, bottom: 62,
      xScale: AxisScale(linearOver: [0, 1]), yScale: AxisScale(linearOver: [0, 1]))
    var content = frame.heading(title: title, note: note) + frame.verticalGrid() + frame.horizontalGrid()
    content += line(through: front, in: frame)
    for point in points { content += mark(point, in: frame) }
    for (point, place) in zip(points, labelPlaces(in: frame)) {
      if place.isMoved {
        content += SVG.line(
          (frame.x(point.x.estimate), frame.y(point.y.estimate)),
          (place.box.left - 2, place.box.top + Box.height / 2), [("class", "grid")])
      }
      content += SVG.text(point.name, x: place.box.left, y: place.box.top + Box.height - 4)
    }
    let description = points.map { point in
      "\(point.name): x \(NumberText.interval(point.x.estimate, low: point.x.low, high: point.x.high)), "
        + "y \(NumberText.interval(point.y.estimate, low: point.y.low, high: point.y.high))"
    }
    return SVG.document(
      width: frame.width, height: frame.height, title: title,
      description: "x: \(xName). y: \(yName). " + description.joined(separator: "; "),
      content: content + frame.axes(xName: xName, yName: yName))
  }

  /// The points that no other one beats, from left to right.
  var front: [Point] {
    var front: [Point] = []
    let order = points.sorted { ($0.x.estimate, -$0.y.estimate) < ($1.x.estimate, -$1.y.estimate) }
    for point in order where point.y.estimate > front.last?.y.estimate ?? -1 { front.append(point) }
    return front
  }

  private func line(through front: [Point], in frame: ChartFrame) -> String {
    guard front.count > 1 else { return "" }
    let places = front.map { point in
      "\(SVG.number(frame.x(point.x.estimate))),\(SVG.number(frame.y(point.y.estimate)))"
    }
    return SVG.element(
      "polyline",
      [
        ("points", places.joined(separator: " ")), ("fill", "none"), ("stroke", "currentColor"),
        ("stroke-opacity", "0.5"), ("stroke-dasharray", "5 4"),
      ])
  }

  private func mark(_ point: Point, in frame: ChartFrame) -> String {
    let (x, y) = (frame.x(point.x.estimate), frame.y(point.y.estimate))
    let faint = [("stroke", "currentColor"), ("stroke-width", "1"), ("stroke-opacity", "0.35")]
    let whiskers =
      SVG.line((frame.x(point.x.low), y), (frame.x(point.x.high), y), faint)
      + SVG.line((x, frame.y(point.y.low)), (x, frame.y(point.y.high)), faint)
    let series = point.isMarked ? 1 : 0
    return SVG.element(
      "g", [("class", ChartStyle.colorClass(series))], content: "\n" + whiskers + ChartStyle.marker(series, x: x, y: y))
  }

  private struct Box {
    static let height = 16.0
    var left: Double
    var top: Double
    var width: Double

    func overlaps(_ other: Box) -> Bool {
      left < other.left + other.width && other.left < left + width && top < other.top + Box.height
        && other.top < top + Box.height
    }
  }

  /// A place for each name, beside its point where that is free, else further off with a line to it.
  private func labelPlaces(in frame: ChartFrame) -> [(box: Box, isMoved: Bool)] {
    let markers = points.map { point in
      Box(left: frame.x(point.x.estimate) - 6, top: frame.y(point.y.estimate) - 8, width: 12)
    }
    var places: [(box: Box, isMoved: Bool)] = []
    for (index, point) in points.enumerated() {
      let (x, y) = (frame.x(point.x.estimate), frame.y(point.y.estimate)), width = SVG.width(of: point.name)
      func box(_ dx: Double, _ dy: Double) -> Box {
        Box(left: x + (dx < 0 ? dx - width : dx), top: y - Box.height / 2 + dy, width: width)
      }
      func isFree(_ box: Box) -> Bool {
        box.left >= frame.left + 2 && box.left + box.width <= frame.width - 4 && box.top >= frame.top
          && box.top + Box.height <= frame.height - frame.bottom
          && !places.contains { $0.box.overlaps(box) }
          && !markers.enumerated().contains { $0.offset != index && $0.element.overlaps(box) }
      }
      let near = [box(9, 0), box(-9, 0), box(7, -12), box(7, 12), box(-7, -12), box(-7, 12)]
      var far: [Box] = []
      for reach in stride(from: 24.0, through: 260, by: 12) {
        far += [box(22, -reach), box(22, reach), box(-22, -reach), box(-22, reach)]
      }
      if let free = near.first(where: isFree) {
        places.append((free, false))
      } else {
        places.append((far.first(where: isFree) ?? near[0], true))
      }
    }
    return places
  }
}
