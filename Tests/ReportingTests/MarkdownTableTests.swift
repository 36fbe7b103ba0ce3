import Testing

@testable import Reporting

struct MarkdownTableTests {
  @Test func alignsColumns() {
    var table = MarkdownTable([.init("cell"), .init("rate", .right)])
    table.append(["α 0.5", "0.88"])
    table.append(["base"])
    table.append(["longer label", "1", "beyond"])
    #expect(
      table.markdown == """
        | cell         | rate |
        | ------------ | ---: |
        | α 0.5        | 0.88 |
        | base         |      |
        | longer label |    1 |

        """)
  }

  @Test func aCellCannotEndItself() {
    var table = MarkdownTable([.init("a|b"), .init("c")])
    table.append(["x | y", "one\ntwo"])
    table.append(["already \\| so", "a\\\\|b"])
    let lines = table.markdown.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].contains("a\\|b"))
    #expect(lines[2].contains("x \\| y") && lines[2].contains("one two"))
    #expect(lines[3].contains("already \\| so") && lines[3].contains("a\\\\\\|b"))
  }
}
