import Foundation
import JSON
import Testing

@testable import Pages

struct AnswerBrowserTests {
  /// What a model answered can neither end the element that it stands in nor begin another.
  @Test func noAnswerLeavesItsElement() throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let document = AnswersDocument(of: try samples.experiment(), in: samples.store)
    let html = try AnswerBrowser(document).html
    #expect(html.components(separatedBy: "</script").count == 3)
    #expect(html.components(separatedBy: "<script").count == 3)
    #expect(!html.contains("<!--") && !html.contains("alert(1)<") && !html.contains("\u{2028}"))
    let start = try #require(html.range(of: "id=\"answers-document\">"))
    let end = try #require(html.range(of: "</script>", range: start.upperBound..<html.endIndex))
    // Written otherwise, it is the same document.
    #expect(try JSONValue(parsing: String(html[start.upperBound..<end.lowerBound])) == JSONValue(encoding: document))
  }

  @Test(arguments: [
    "</script>", "</SCRIPT >", "<!--<script>", "]]>", "&lt;/script&gt;", "\u{2028}\u{2029}", "\u{0}", "🙂</script>",
    "\"\\",
  ])
  func embeddedTextsStayThemselves(text: String) throws {
    let embedded = AnswerBrowser.embedded(JSONValue.string(text).canonical)
    #expect(!embedded.contains { "<>&\u{2028}\u{2029}".contains($0) })
    #expect(try JSONValue(parsing: embedded) == .string(text))
  }

  @Test func onlyItsOwnScriptRuns() {
    #expect(AnswerBrowser.policy.contains("default-src 'none'"))
    #expect(AnswerBrowser.policy.contains(/script-src 'sha256-[A-Za-z0-9+\/]{43}='/))
    #expect(!AnswerBrowser.policy.contains("http"))
  }

  /// Pages name no address but their own server's.
  @Test func pagesFetchNothingFromElsewhere() throws {
    for path in ["/", "/compare", "/experiments", "/answers", "/label"] {
      let page = try #require(ServedPages.file(at: path))
      #expect(page.contentType == "text/html; charset=utf-8")
      let html = String(decoding: page.bytes, as: UTF8.self)
      #expect(html.contains("Content-Security-Policy") && !html.contains("//") && !html.contains("unsafe"))
      for link in html.matches(of: /(?:src|href)="(\/pages\/[^"]+)"/).map({ String($0.output.1) }) {
        let file = try #require(ServedPages.file(at: link), "\(link)")
        let text = String(decoding: file.bytes, as: UTF8.self)
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("innerHTML"))
        #expect(file.contentType.hasPrefix(link.hasSuffix(".js") ? "text/javascript" : "text/css"))
      }
    }
    #expect(ServedPages.file(at: "/pages/../Package.swift") == nil)
  }
}
