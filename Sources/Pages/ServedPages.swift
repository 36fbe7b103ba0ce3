package import Foundation

/// The pages that the server shows, with their scripts and styles. They are part of the program; a page fetches nothing
/// from any other address.
package enum ServedPages {
  /// The file at a path.
  package static func file(at path: String) -> (contentType: String, bytes: Data)? {
    switch path {
    case "/", "/compare": page("Compare", of: "/compare", styles: ["compare"], scripts: ["compare"])
    case "/experiments": page("Experiments", of: "/experiments", scripts: ["experiments"])
    case "/answers": page("Answers", of: "/experiments", scripts: ["answers", "answers-page"])
    case "/label": page("Label", of: "/experiments", scripts: ["label"])
    case "/pages/pages.css": style(PackageResources.pages_css)
    case "/pages/answers.css": style(PackageResources.answers_css)
    case "/pages/compare.css": style(PackageResources.compare_css)
    case "/pages/markup.js": script(PackageResources.markup_js)
    case "/pages/server.js": script(PackageResources.server_js)
    case "/pages/answers.js": script(PackageResources.answers_js)
    case "/pages/answers-page.js": script(PackageResources.answers_page_js)
    case "/pages/compare.js": script(PackageResources.compare_js)
    case "/pages/experiments.js": script(PackageResources.experiments_js)
    case "/pages/label.js": script(PackageResources.label_js)
    default: nil
    }
  }

  /// A page: what all share, with its own title, styles and scripts.
  /// - Parameter link: The link that leads to it, or to the page that it belongs to.
  private static func page(
    _ title: String, of link: String, styles: [String] = [], scripts: [String]
  ) -> (String, Data) {
    let links = [("/compare", "Compare"), ("/experiments", "Experiments")].map { path, name in
      let isCurrent = path == link ? " aria-current=\"\(name == title ? "page" : "true")\"" : ""
      return "<a href=\"\(path)\"\(isCurrent)>\(name)</a>"
    }
    let parts = [
      ("TITLE", title), ("LINKS", links.joined()),
      (
        "STYLES",
        (["pages", "answers"] + styles).map { "<link rel=\"stylesheet\" href=\"/pages/\($0).css\">" }
          .joined(separator: "\n")
      ),
      (
        "SCRIPTS",
        (["markup", "server"] + scripts).map { "<script defer src=\"/pages/\($0).js\"></script>" }
          .joined(separator: "\n")
      ),
    ]
    let frame = String(decoding: PackageResources.page_html, as: UTF8.self)
    let text = parts.reduce(frame) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    return ("text/html; charset=utf-8", Data(text.utf8))
  }

  private static func style(_ bytes: [UInt8]) -> (String, Data) { ("text/css; charset=utf-8", Data(bytes)) }
  private static func script(_ bytes: [UInt8]) -> (String, Data) { ("text/javascript; charset=utf-8", Data(bytes)) }
}
