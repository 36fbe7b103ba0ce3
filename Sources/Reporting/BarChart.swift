/// Grouped bars with whiskers as SVG: a group for each category, in it a bar for each series (Figure 4 of the paper).
package struct BarChart: Sendable {
  private let title: String
  private let note: String?
  private let yName: String
  private let seriesNames: [String]
  private let categories: [DotPlot.Category]

  /// Makes a chart of shares, 0 to 1.
  package init(title: String, note: String? = nil, yName: String, seriesNames: [String], categories: [DotPlot.Category])
  {
    self.title = title
    self.note = note
    self.yName = yName
    self.seriesNames = seriesNames
    self.categories = categories
  }

  /// The chart as an SVG document; the same chart gives the same bytes.
  package var svg: String {
    let series = Double(max(1, seriesNames.count))
    let group = max(64, 18 * series + 22)
    let room = max(614, group * Double(categories.count)) / Double(max(1, categories.count))
    let turns = categories.contains { SVG.width(of: $0.name) > room - 6 }
    let names = categories.map { $0.name.count > 24 ? $0.name.prefix(23) + "…" : $0.name }
    let longest = names.map(SVG.width(of:)).max() ?? 0
    let bottom = turns ? min(180, longest * 0.75 + 34) : 44
    let legend = legendLines
    let top = (note == nil ? 56.0 : 74.0) + 22 * Double(legend.count)
    let frame = ChartFrame(
      width: max(720, 76 + 30 + group * Double(categories.count)), height: top + 300 + bottom, left: 76, right: 30,
      top: top, bottom: bottom, xScale: AxisScale(linearOver: [0, 1]), yScale: AxisScale(linearOver: [0, 1]))
    let step = (frame.width - frame.left - frame.right) / Double(max(1, categories.count))
    let base = frame.height - frame.bottom
    var content = frame.heading(title: title, note: note)
    for (line, entries) in legend.enumerated() {
      for (index, x) in entries {
        let y = (note == nil ? 44.0 : 62.0) + 22 * Double(line)
        content += SVG.element(
          "g", [("class", ChartStyle.colorClass(index))], content: "\n" + bar(x: x, y: y, width: 12, height: 12))
        content += SVG.text(seriesNames[index], x: x + 18, y: y + 11)
      }
    }
    content += frame.horizontalGrid()
    for (index, category) in categories.enumerated() {
      let middle = frame.left + step * (Double(index) + 0.5)
      for value in category.values {
        let width = min(26, (step - 14) / series)
        let x = middle + width * (Double(value.series) - (series - 1) / 2) - width / 2
        let y = frame.y(value.estimate)
        let stroke = [("stroke", "currentColor"), ("stroke-width", "1.5")]
        let whisker = x + width / 2
        content += SVG.element(
          "g", [("class", ChartStyle.colorClass(value.series))],
          content: "\n" + bar(x: x + 1, y: y, width: width - 2, height: base - y)
            + SVG.line((whisker, frame.y(value.low)), (whisker, frame.y(value.high)), stroke)
            + SVG.line((whisker - 3, frame.y(value.low)), (whisker + 3, frame.y(value.low)), stroke)
            + SVG.line((whisker - 3, frame.y(value.high)), (whisker + 3, frame.y(value.high)), stroke))
      }
      if category.values.isEmpty {
        content += SVG.text("no result", x: middle, y: base - 6, anchor: "middle", style: "note")
      }
      content +=
        turns
        ? SVG.element(
          "g", [("transform", "rotate(-40 \(SVG.number(middle)) \(SVG.number(base + 16)))")],
          content: "\n" + SVG.text(names[index], x: middle, y: base + 18, anchor: "end"))
        : SVG.text(names[index], x: middle, y: base + 20, anchor: "middle")
    }
    content += SVG.line((frame.left, base), (frame.width - frame.right, base), [("class", "axis")])
    content += SVG.line((frame.left, frame.top), (frame.left, base), [("class", "axis")])
    for tick in frame.yScale.ticks {
      content += SVG.text(tick.label, x: frame.left - 9, y: frame.y(tick.value) + 4.5, anchor: "end")
    }
    content += SVG.text(yName, x: 22, y: (frame.top + base) / 2, anchor: "middle", rotated: true)
    let description = categories.map { category in
      let values = category.values.map { value in
        (value.series < seriesNames.count ? seriesNames[value.series] + " " : "")
          + NumberText.interval(value.estimate, low: value.low, high: value.high)
      }
      return "\(category.name): " + (values.isEmpty ? "no result" : values.joined(separator: ", "))
    }
    return SVG.document(
      width: frame.width, height: frame.height, title: title,
      description: "\(yName). " + description.joined(separator: "; "), content: content)
  }

  private func bar(x: Double, y: Double, width: Double, height: Double) -> String {
    SVG.element(
      "rect",
      [
        ("x", SVG.number(x)), ("y", SVG.number(y)), ("width", SVG.number(width)),
        ("height", SVG.number(max(0, height))), ("fill", "currentColor"), ("fill-opacity", "0.55"),
      ])
  }

  /// The series in lines that fit, each with its horizontal place.
  private var legendLines: [[(series: Int, x: Double)]] {
    var lines: [[(series: Int, x: Double)]] = [[]]
    var x = 24.0
    for (index, name) in seriesNames.enumerated() {
      let width = SVG.width(of: name) + 44
      if x + width > 700, x > 24 {
        lines.append([])
        x = 24
      }
      lines[lines.count - 1].append((index, x))
      x += width
    }
    return lines
  }
}
