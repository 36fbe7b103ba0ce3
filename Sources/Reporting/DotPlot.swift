/// A dot plot as SVG: one row a category, in it one marker with whiskers for each series.
package struct DotPlot: Sendable {
  /// A series' value in one category.
  package struct Value: Sendable {
    var series: Int
    var estimate: Double
    var low: Double
    var high: Double

    /// Makes a value; `series` counts from 0, `low` and `high` are its interval's ends.
    package init(series: Int, estimate: Double, low: Double, high: Double) {
      self.series = series
      self.estimate = estimate
      self.low = low
      self.high = high
    }
  }

  /// One row.
  package struct Category: Sendable {
    var name: String
    var values: [Value]

    /// Makes a row. One without values is shown as failed.
    package init(name: String, values: [Value]) {
      self.name = name
      self.values = values
    }
  }

  private let title: String
  private let note: String?
  private let xName: String
  private let seriesNames: [String]
  private let categories: [Category]

  /// Makes a plot of shares, 0 to 1.
  package init(title: String, note: String? = nil, xName: String, seriesNames: [String], categories: [Category]) {
    self.title = title
    self.note = note
    self.xName = xName
    self.seriesNames = seriesNames
    self.categories = categories
  }

  /// The plot as an SVG document; the same plot gives the same bytes.
  package var svg: String {
    let rowHeight = 16.0 + 14 * Double(max(1, seriesNames.count))
    let names = categories.map { Self.shortened($0.name) }
    let left = (names.map(SVG.width(of:)).max() ?? 0) + 34
    let legend = legend(left: 16)
    let top = (note == nil ? 72.0 : 90.0) + 22 * (legend.lines - 1)
    let frame = ChartFrame(
      width: 720, height: top + 62 + rowHeight * Double(max(1, categories.count)), left: left, right: 30, top: top,
      bottom: 62, xScale: AxisScale(linearOver: [0, 1]), yScale: AxisScale(linearOver: [0, 1]))
    var rows = ""
    for (index, category) in categories.enumerated() {
      let middle = top + rowHeight * (Double(index) + 0.5)
      if index > 0 {
        let edge = top + rowHeight * Double(index)
        rows += SVG.line((16, edge), (frame.width - frame.right, edge), [("class", "grid")])
      }
      rows += SVG.text(names[index], x: left - 12, y: middle + 4.5, anchor: "end")
      if category.values.isEmpty { rows += SVG.text("no result", x: left + 8, y: middle + 4.5, style: "note") }
      for value in category.values {
        let y = middle + 14 * (Double(value.series) - Double(seriesNames.count - 1) / 2)
        rows += mark(value, y: y, in: frame)
      }
    }
    let description = categories.map { category in
      let values = category.values.map { value in
        let name = value.series < seriesNames.count ? seriesNames[value.series] : ""
        return name + " " + NumberText.interval(value.estimate, low: value.low, high: value.high)
      }
      return "\(category.name): " + (values.isEmpty ? "no result" : values.joined(separator: ", "))
    }
    return SVG.document(
      width: frame.width, height: frame.height, title: title,
      description: "\(xName). " + description.joined(separator: "; "),
      content: frame.heading(title: title, note: note) + legend.content(top - 20) + frame.verticalGrid() + rows
        + frame.horizontalAxis(name: xName))
  }

  private func mark(_ value: Value, y: Double, in frame: ChartFrame) -> String {
    let stroke = [("stroke", "currentColor"), ("stroke-width", "2")]
    let (low, high) = (frame.x(value.low), frame.x(value.high))
    let whiskers =
      SVG.line((low, y), (high, y), stroke) + SVG.line((low, y - 3.5), (low, y + 3.5), stroke)
      + SVG.line((high, y - 3.5), (high, y + 3.5), stroke)
    return SVG.element(
      "g", [("class", ChartStyle.colorClass(value.series))],
      content: "\n" + whiskers + ChartStyle.marker(value.series, x: frame.x(value.estimate), y: y))
  }

  /// The series in as many lines as they need, the last of them at a given height.
  private func legend(left: Double) -> (lines: Double, content: (Double) -> String) {
    var x = left + 8, line = 0.0
    var places: [(x: Double, line: Double)] = []
    for name in seriesNames {
      let width = SVG.width(of: name) + 36
      if x + width > 720, x > left + 8 {
        x = left + 8
        line += 1
      }
      places.append((x, line))
      x += width
    }
    let last = line
    return (
      last + 1,
      { bottom in
        zip(seriesNames, places).enumerated().map { index, entry in
          let y = bottom - 22 * (last - entry.1.line)
          let marker = ChartStyle.marker(index, x: entry.1.x, y: y)
          return SVG.element("g", [("class", ChartStyle.colorClass(index))], content: "\n" + marker)
            + SVG.text(entry.0, x: entry.1.x + 11, y: y + 4.5)
        }.joined()
      }
    )
  }

  private static func shortened(_ name: String) -> String {
    name.count > 36 ? name.prefix(35) + "…" : name
  }
}
