import Fingerprints
import Foundation

/// The answer browser as a part of a page that stands alone, such as a report: its style, its data, and its script.
package struct AnswerBrowser: Sendable {
  /// What stands in the page's body.
  package let html: String

  /// The browser over a document.
  /// - Throws: What encoding throws.
  package init(_ document: AnswersDocument) throws {
    html = """
      <div id="answers"><noscript>The answers are in this file. Showing them needs JavaScript.</noscript></div>
      <script type="application/json" id="answers-document">\(Self.embedded(try document.json))</script>
      <script>\(Self.script)</script>

      """
  }

  /// The style sheet, for the page's head.
  package static let style = String(decoding: PackageResources.answers_css, as: UTF8.self)

  /// What the page runs: nothing else may.
  private static let script =
    [PackageResources.markup_js, PackageResources.answers_js, PackageResources.answers_embedded_js]
    .map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")

  /// The Content-Security-Policy of a page with the browser: no address is reached, and no other script runs, whatever
  /// a model answered.
  package static let policy: String = {
    let digits = Array(Fingerprint(ofBytes: Data(script.utf8)).hexadecimal)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    return policy(scripts: "'sha256-\(Data(bytes).base64EncodedString())'")
  }()

  /// The policy of a page without any script.
  package static let policyWithoutScript = policy(scripts: "'none'")

  private static func policy(scripts: String) -> String {
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src \(scripts); base-uri 'none'; "
      + "form-action 'none'"
  }

  /// JSON as the content of a `script` element: what could end the element, or open a comment in it, and the separators
  /// that JSON lets pass, are written as escapes, which mean the same in JSON.
  static func embedded(_ json: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in json.unicodeScalars {
      switch scalar {
      case "<", ">", "&", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
      default: text.append(scalar)
      }
    }
    return String(text)
  }
}
