/// The look that all charts share: colors, markers and text, for light and dark pages.
///
/// Colors are those of Okabe and Ito, "Color universal design" (2008), which stay apart for color-blind readers; each
/// series has a marker and a dash of its own besides, so that charts survive being printed in gray. A chart paints its
/// own background, so it is readable on any page, and follows the reader's preference for dark where it can.
enum ChartStyle {
  /// Series colors on white, and the same hues on near-black, lightened where they would sink.
  private static let colors = [
    (light: "#D55E00", dark: "#E8762B"), (light: "#0072B2", dark: "#56B4E9"), (light: "#009E73", dark: "#2BBD95"),
    (light: "#CC79A7", dark: "#DB92BA"), (light: "#9A6A00", dark: "#E69F00"), (light: "#000000", dark: "#F0E442"),
  ]
  private static let dashes = ["", "7 4", "2 3", "9 3 2 3", "12 4", "4 2"]

  /// The style sheet inside every chart.
  static var sheet: String {
    let light = colors.enumerated().map { ".s\($0) { color: \($1.light); }" }
    let dark = colors.enumerated().map { ".s\($0) { color: \($1.dark); }" }
    return """
      text { font-family: 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif; font-size: 13px; fill: \
      #1F2328; }
      .title { font-size: 15px; font-weight: bold; }
      .note { font-size: 12px; fill: #59636E; }
      .page { fill: #FFFFFF; stroke: #D1D9E0; }
      .grid { stroke: #E4E8EC; stroke-width: 1; }
      .axis { stroke: #59636E; stroke-width: 1; }
      .hollow { fill: #FFFFFF; }
      \(light.joined(separator: "\n"))
      @media (prefers-color-scheme: dark) {
      text { fill: #E6EDF3; }
      .note { fill: #9DA7B3; }
      .page { fill: #0D1117; stroke: #30363D; }
      .grid { stroke: #242A31; }
      .axis { stroke: #9DA7B3; }
      .hollow { fill: #0D1117; }
      \(dark.joined(separator: "\n"))
      }

      """
  }

  /// The class that colors a series, counted from 0; after six the colors begin again.
  static func colorClass(_ series: Int) -> String { "s\(series % colors.count)" }

  /// The dash pattern of a series; empty for a solid line.
  static func dash(_ series: Int) -> String { dashes[series % dashes.count] }

  /// A series' marker around a point: circle, square, triangle, diamond, hollow circle, hollow square.
  static func marker(_ series: Int, x: Double, y: Double) -> String {
    func path(_ points: [(Double, Double)]) -> String {
      let corners = points.map { SVG.number(x + $0.0) + "," + SVG.number(y + $0.1) }
      return SVG.element("polygon", [("points", corners.joined(separator: " ")), ("fill", "currentColor")])
    }
    func circle(_ fill: [(String, String)]) -> String {
      SVG.element("circle", [("cx", SVG.number(x)), ("cy", SVG.number(y)), ("r", "4")] + fill)
    }
    let hollow = [("class", "hollow"), ("stroke", "currentColor"), ("stroke-width", "2")]
    switch series % 6 {
    case 0: return circle([("fill", "currentColor")])
    case 1: return path([(-4, -4), (4, -4), (4, 4), (-4, 4)])
    case 2: return path([(0, -5), (5, 4), (-5, 4)])
    case 3: return path([(0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)])
    case 4: return circle(hollow)
    default:
      return SVG.element(
        "rect", [("x", SVG.number(x - 4)), ("y", SVG.number(y - 4)), ("width", "8"), ("height", "8")] + hollow)
    }
  }
}
