/// The few things about SVG that charts need: elements with escaped attributes, and numbers in one fixed form.
enum SVG {
  /// An element with its content as it stands, on a line of its own.
  static func element(_ name: String, _ attributes: [(String, String)], content: String? = nil) -> String {
    let list = attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    return content.map { "<\(name)\(list)>\($0)</\(name)>\n" } ?? "<\(name)\(list)/>\n"
  }

  /// A text element at a point.
  static func text(
    _ content: String, x: Double, y: Double, anchor: String = "start", style: String? = nil, rotated: Bool = false
  ) -> String {
    var attributes = [("x", number(x)), ("y", number(y)), ("text-anchor", anchor)]
    if let style { attributes.append(("class", style)) }
    if rotated { attributes.append(("transform", "rotate(-90 \(number(x)) \(number(y)))")) }
    return element("text", attributes, content: escaped(content))
  }

  /// A straight line between two points.
  static func line(_ from: (Double, Double), _ to: (Double, Double), _ attributes: [(String, String)]) -> String {
    element(
      "line",
      [("x1", number(from.0)), ("y1", number(from.1)), ("x2", number(to.0)), ("y2", number(to.1))] + attributes)
  }

  /// A whole document of a size in pixels, with its background, its style and a description for those who can't see it.
  static func document(width: Double, height: Double, title: String, description: String, content: String) -> String {
    let size = [("width", number(width)), ("height", number(height))]
    let page =
      [("x", "0.5"), ("y", "0.5"), ("width", number(width - 1)), ("height", number(height - 1))]
      + [("rx", "6"), ("class", "page")]
    return element(
      "svg",
      [("xmlns", "http://www.w3.org/2000/svg")] + size
        + [("viewBox", "0 0 \(number(width)) \(number(height))"), ("role", "img")],
      content: "\n" + element("title", [], content: escaped(title)) + element("desc", [], content: escaped(description))
        + element("style", [], content: "\n" + ChartStyle.sheet) + element("rect", page) + content)
  }

  /// A coordinate with at most one decimal.
  static func number(_ value: Double) -> String {
    let text = NumberText.fixed(value.isFinite ? value : 0, decimals: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A rough width of a text in pixels at 13 pixels, on the wide side, for margins and wrapping.
  static func width(of text: String) -> Double {
    text.reduce(0) { $0 + ($1.isASCII ? ("iljt.,:;|!'()[] fr".contains($1) ? 4.6 : $1.isUppercase ? 9.6 : 7.9) : 9) }
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // XML has no way to write the other control characters.
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
