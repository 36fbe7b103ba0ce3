import Testing

@testable import Reporting

struct MarkdownTextTests {
  @Test(arguments: [
    ("<script>&amp;</script>", "&lt;script&gt;&amp;amp;&lt;/script&gt;"),
    ("**bold** `code` [a](b)", "\\*\\*bold\\*\\* \\`code\\` \\[a\\](b)"),
    ("one\r\ntwo\nthree", "one<br>two<br>three"),
    ("# _x_ ~y~ $z$ \\ @who", "\\# \\_x\\_ \\~y\\~ \\$z\\$ \\\\ \\@who"),
  ])
  func showsTextAsItIs(text: String, escaped: String) {
    #expect(MarkdownText.escaped(text) == escaped)
  }

  @Test(arguments: [
    ("α 0.4", "`α 0.4`"), ("a`b``c", "```a`b``c```"), ("`x`", "`` `x` ``"), ("two\nlines", "`two lines`"),
  ])
  func codeSpansHoldAnyText(text: String, code: String) {
    #expect(MarkdownText.code(text) == code)
  }

  @Test func codeBlocksHoldAnyText() {
    #expect(MarkdownText.block("{}", language: "json") == "```json\n{}\n```\n")
    #expect(MarkdownText.block("a ``` b\n", language: "") == "````\na ``` b\n````\n")
  }
}
