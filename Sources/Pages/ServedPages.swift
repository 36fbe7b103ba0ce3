package import Foundation

/// The pages that the server shows, with their scripts and styles. They are part of the program; a page fetches nothing
/// from any other address.
package enum ServedPages {
  /// The file at a path.
  package static func file(at path: String) -> (contentType: String, bytes: Data)? {
    switch path {
    case "/", "/compare": page(PackageResources.compare_html)
    case "/experiments": page(PackageResources.experiments_html)
    case "/answers": page(PackageResources.answers_html)
    case "/label": page(PackageResources.label_html)
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

  private static func page(_ bytes: [UInt8]) -> (String, Data) { ("text/html; charset=utf-8", Data(bytes)) }
  private static func style(_ bytes: [UInt8]) -> (String, Data) { ("text/css; charset=utf-8", Data(bytes)) }
  private static func script(_ bytes: [UInt8]) -> (String, Data) { ("text/javascript; charset=utf-8", Data(bytes)) }
}
