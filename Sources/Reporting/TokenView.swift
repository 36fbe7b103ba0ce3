import Foundation
import Records
import Stages

/// One answer token by token: what the contrast pushed down and what it lifted, against the first stream alone.
struct TokenView: Sendable {
  let title: String
  let note: String
  let trace: AnswerTrace

  private static let width = 860.0
  private static let margin = 16.0
  private static let lineHeight = 34.0
  private static let characterWidth = 7.9

  /// How far a token was moved: the ratio of its probability in the combination to that under the first stream.
  private enum Shift: Int, CaseIterable {
    case farDown, down, kept, up, farUp

    init(_ token: AnswerTrace.Token) {
      let ratio = (token.combined + 1e-6) / ((token.streams.first ?? 0) + 1e-6)
      self =
        switch ratio {
        case ..<0.25: .farDown
        case ..<(2.0 / 3): .down
        case ...1.5: .kept
        case ...4: .up
        default: .farUp
        }
    }

    var name: String {
      switch self {
      case .farDown: "to less than ¼"
      case .down: "down"
      case .kept: "as it was"
      case .up: "up"
      case .farUp: "to more than 4 times"
      }
    }

    /// The color's class and how much of it.
    var fill: (style: String, opacity: String) {
      switch self {
      case .farDown: (ChartStyle.colorClass(0), "0.45")
      case .down: (ChartStyle.colorClass(0), "0.18")
      case .kept: (ChartStyle.colorClass(1), "0")
      case .up: (ChartStyle.colorClass(1), "0.18")
      case .farUp: (ChartStyle.colorClass(1), "0.45")
      }
    }
  }

  /// The picture as SVG; nil for an answer without tokens.
  var svg: String? {
    guard !trace.tokens.isEmpty else { return nil }
    var content = SVG.text(title, x: Self.margin, y: 26, style: "title")
    content += SVG.text(note, x: Self.margin, y: 45, style: "note")
    content += legend(y: 68)
    var x = Self.margin, y = 104.0
    for token in trace.tokens {
      let text = Self.shown(token.text), width = Double(text.count) * Self.characterWidth + 8
      if x > Self.margin, x + width > Self.width - Self.margin {
        x = Self.margin
        y += Self.lineHeight
      }
      content += box(token, text: text, x: x, y: y, width: width)
      x += width + 3
      if token.text.contains(where: \.isNewline) {
        x = Self.margin
        y += Self.lineHeight
      }
    }
    let changed = trace.tokens.count { $0.insteadOf != nil }
    return SVG.document(
      width: Self.width, height: y + 34, title: title,
      description:
        "\(trace.tokens.count) tokens, \(changed) of them other than the first stream alone would have taken. \(note)",
      content: content)
  }

  private func box(_ token: AnswerTrace.Token, text: String, x: Double, y: Double, width: Double) -> String {
    let shift = Shift(token)
    var told =
      "“\(text)”: \(Self.share(token.streams.first ?? 0)) under the first stream, \(Self.share(token.combined)) "
      + "combined"
    if let instead = token.insteadOf { told += "; instead of “\(Self.shown(instead))”" }
    var inner = SVG.element("title", [], content: SVG.escaped(told))
    inner += SVG.element(
      "rect",
      [
        ("x", SVG.number(x)), ("y", SVG.number(y - 17)), ("width", SVG.number(width)), ("height", "24"), ("rx", "4"),
        ("class", shift.fill.style), ("fill", "currentColor"), ("fill-opacity", shift.fill.opacity),
        ("stroke", "currentColor"), ("stroke-opacity", shift == .kept ? "0.25" : "0.9"),
      ])
    inner += SVG.element(
      "text",
      [
        ("x", SVG.number(x + width / 2)), ("y", SVG.number(y)), ("text-anchor", "middle"),
        ("style", "font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace"), ("xml:space", "preserve"),
      ], content: SVG.escaped(text))
    if token.insteadOf != nil {
      inner += SVG.line((x + 3, y + 11), (x + width - 3, y + 11), [("class", "axis"), ("stroke-width", "2")])
    }
    return SVG.element("g", [], content: "\n" + inner)
  }

  private func legend(y: Double) -> String {
    var x = Self.margin, content = ""
    for shift in Shift.allCases {
      content += SVG.element(
        "rect",
        [
          ("x", SVG.number(x)), ("y", SVG.number(y - 11)), ("width", "16"), ("height", "14"), ("rx", "3"),
          ("class", shift.fill.style), ("fill", "currentColor"), ("fill-opacity", shift.fill.opacity),
          ("stroke", "currentColor"), ("stroke-opacity", shift == .kept ? "0.25" : "0.9"),
        ])
      content += SVG.text(shift.name, x: x + 22, y: y, style: "note")
      x += 34 + SVG.width(of: shift.name)
    }
    content += SVG.line((x, y + 1), (x + 16, y + 1), [("class", "axis"), ("stroke-width", "2")])
    return content + SVG.text("another token than the first stream's choice", x: x + 22, y: y, style: "note")
  }

  /// A token as one line of visible characters.
  static func shown(_ text: String) -> String {
    text.map { $0.isNewline ? "⏎" : $0 == "\t" ? "⇥" : String($0) }.joined()
  }

  static func share(_ value: Double) -> String {
    value > 0 && value < 0.001 ? "< 0.001" : NumberText.fixed(value, decimals: 3)
  }
}
