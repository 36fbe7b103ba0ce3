import Foundation
import Pages

/// One self-contained HTML page of a report's markdown: charts are inside it, and nothing is fetched from anywhere.
///
/// It reads the markdown that this wing writes, not all there is: headings, paragraphs, tables, lists, quotes, fenced
/// code, images, and the tags `details`, `summary`, `ins` and `br`. Any other `<` is text, so nothing that a model
/// answered can become markup.
struct HTMLPage: Sendable {
  /// The page.
  let html: String

  /// Makes the page.
  /// - Parameters:
  ///   - files: The charts that the page shows, by the names by which it does.
  ///   - browser: The browser over all answers, which the page ends with; nil for none.
  init(markdown: String, files: [ReportFile], browser: AnswerBrowser? = nil) {
    let charts = Dictionary(files.map { ($0.name, $0.contents) }, uniquingKeysWith: { first, _ in first })
    var blocks = Blocks(lines: markdown.components(separatedBy: "\n")[...], inline: HTMLInline(charts: charts))
    let body = blocks.rendered()
    var links = blocks.headings.filter { $0.level == 2 }.map { "<a href=\"#\($0.identifier)\">\($0.html)</a>" }
    if browser != nil { links.append("<a href=\"#all-answers\">All answers</a>") }
    let contents = links.joined(separator: " · ")
    let title = blocks.headings.first { $0.level == 1 }?.plain ?? "Report"
    let policy = browser == nil ? AnswerBrowser.policyWithoutScript : AnswerBrowser.policy
    let all = browser.map { "<h2 id=\"all-answers\">All answers</h2>\n\($0.html)" } ?? ""
    html = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <link rel="icon" href="data:,">
      <title>\(HTMLInline.escaped(title))</title>
      <style>\(Self.style)\(browser == nil ? "" : AnswerBrowser.style)</style>
      </head>
      <body>
      <nav>\(contents)</nav>
      <main>
      \(body)</main>
      \(all)</body>
      </html>

      """
  }

  private static let style = """

    :root { color-scheme: light dark; --text: #1f2328; --faint: #59636e; --line: #d1d9e0; --page: #ffffff; --code: \
    #f6f8fa; --link: #0550ae; }
    @media (prefers-color-scheme: dark) {
    :root { --text: #e6edf3; --faint: #9da7b3; --line: #30363d; --page: #0d1117; --code: #161b22; --link: #6cb6ff; } }
    body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: var(--text); background: var(--page);
    font: 16px/1.55 system-ui, "Helvetica Neue", Arial, sans-serif; }
    nav { color: var(--faint); font-size: 0.9rem; } a { color: var(--link); }
    h1, h2, h3 { line-height: 1.25; } h2 { border-bottom: 1px solid var(--line); padding-bottom: 0.2em; margin-top: \
    2em; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: \
    tabular-nums; }
    th, td { border: 1px solid var(--line); padding: 0.3em 0.65em; text-align: left; vertical-align: top; }
    th { background: var(--code); } .right { text-align: right; white-space: nowrap; }
    code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.87em; background: var(--code); \
    border-radius: 4px; }
    code { padding: 0.1em 0.3em; } pre { padding: 0.8em; overflow-x: auto; } pre code { padding: 0; }
    img { max-width: 100%; } blockquote { margin-left: 0; padding-left: 1em; border-left: 4px solid var(--line); \
    color: var(--faint); }
    ins { text-decoration: underline; }

    """
}

/// Lines of markdown read block by block.
private struct Blocks {
  struct Heading {
    var level: Int
    var identifier: String
    var html: String
    var plain: String
  }

  var lines: ArraySlice<String>
  let inline: HTMLInline
  private(set) var headings: [Heading] = []

  init(lines: ArraySlice<String>, inline: HTMLInline) {
    self.lines = lines
    self.inline = inline
  }

  mutating func rendered() -> String {
    var html = ""
    while let line = lines.first {
      if line.allSatisfy(\.isWhitespace) {
        lines.removeFirst()
      } else if line.hasPrefix("```") {
        html += fencedCode()
      } else if line.hasPrefix("#") {
        html += heading()
      } else if line.hasPrefix("|") {
        html += table()
      } else if line.hasPrefix("- ") {
        html +=
          "<ul>\n" + taken { $0.hasPrefix("- ") }.map { "<li>\(inline.html($0.dropFirst(2)))</li>\n" }.joined()
          + "</ul>\n"
      } else if line.hasPrefix("> ") {
        let text = taken { $0.hasPrefix(">") }.map { $0.dropFirst().drop(while: \.isWhitespace) }.joined(separator: " ")
        html += "<blockquote><p>\(inline.html(text[...]))</p></blockquote>\n"
      } else if let tag = Self.tag(line) {
        lines.removeFirst()
        html += tag(inline) + "\n"
      } else {
        let text = taken { !Self.beginsBlock($0) }.joined(separator: "\n")
        html += "<p>\(inline.html(text[...]))</p>\n"
      }
    }
    return html
  }

  /// The first line, and those after it that go on with the block.
  private mutating func taken(while goesOn: (String) -> Bool) -> [String] {
    var taken = [lines.removeFirst()]
    while let line = lines.first, goesOn(line) { taken.append(lines.removeFirst()) }
    return taken
  }

  private static func beginsBlock(_ line: String) -> Bool {
    line.allSatisfy(\.isWhitespace) || ["```", "#", "|", "- ", "> "].contains(where: line.hasPrefix) || tag(line) != nil
  }

  private static func tag(_ line: String) -> ((HTMLInline) -> String)? {
    if line == "<details>" || line == "</details>" { return { _ in line } }
    guard line.hasPrefix("<summary>"), line.hasSuffix("</summary>") else { return nil }
    return { "<summary>\($0.html(line.dropFirst(9).dropLast(10)))</summary>" }
  }

  private mutating func fencedCode() -> String {
    let fence = lines.removeFirst().prefix { $0 == "`" }
    var code: [String] = []
    while let line = lines.popFirst(), line != fence { code.append(line) }
    return "<pre><code>\(HTMLInline.escaped(code.joined(separator: "\n")))</code></pre>\n"
  }

  private mutating func heading() -> String {
    let line = lines.removeFirst()
    let level = min(6, line.prefix { $0 == "#" }.count)
    let text = line.dropFirst(level).drop(while: \.isWhitespace)
    let html = inline.html(text)
    let identifier = "section-\(headings.count + 1)"
    let plain = text.filter { !"\\`*".contains($0) }
    headings.append(Heading(level: level, identifier: identifier, html: html, plain: String(plain)))
    return "<h\(level) id=\"\(identifier)\">\(html)</h\(level)>\n"
  }

  private mutating func table() -> String {
    let rows = taken { $0.hasPrefix("|") }.map(Self.cells)
    guard rows.count > 1, rows[1].allSatisfy({ $0.allSatisfy { "-: ".contains($0) } }) else {
      return "<p>\(rows.map { inline.html($0.joined(separator: " | ")[...]) }.joined(separator: "<br>"))</p>\n"
    }
    let isRight = rows[1].map { $0.hasSuffix(":") }
    func row(_ cells: [String], _ tag: String) -> String {
      let columns = cells.enumerated().map { column, cell in
        let style = column < isRight.count && isRight[column] ? " class=\"right\"" : ""
        return "<\(tag)\(style)>\(inline.html(cell[...]))</\(tag)>"
      }
      return "<tr>\(columns.joined())</tr>\n"
    }
    return "<div class=\"wide\"><table>\n<thead>\(row(rows[0], "th"))</thead>\n<tbody>\n"
      + rows.dropFirst(2).map { row($0, "td") }.joined() + "</tbody></table></div>\n"
  }

  /// A table line's cells; an escaped pipe belongs to its cell.
  private static func cells(_ line: String) -> [String] {
    var cells: [String] = [""]
    var isEscaped = false
    for character in line.dropFirst() {
      if character == "|", !isEscaped {
        cells.append("")
      } else {
        if character == "|" { cells[cells.count - 1].removeLast() }
        cells[cells.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    if cells.last?.allSatisfy(\.isWhitespace) == true { cells.removeLast() }
    return cells.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
