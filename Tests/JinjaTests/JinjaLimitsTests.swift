import Foundation
import Testing

@testable import Jinja

/// A template comes with a model: whatever it holds, it ends soon, and takes little.
struct JinjaLimitsTests {
  private static let now = JinjaDate(year: 2024, month: 7, day: 26)

  @Test(arguments: [
    "{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}", "{{ 'x' * 10 ** 9 }}",
    "{% set n = namespace(s='ab') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
    "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}",
    "{{ range(10 ** 12) | list }}", "{{ '%99999999d' % 1 }}", "{{ [1] | tojson(indent=10 ** 9) }}",
    "{{ 'a'.center(10 ** 9) }}", "{{ 'a' | indent(10 ** 9, true) }}", "{{ '{:>99999999}'.format(1) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ 1.5 | round(-9223372036854775807 - 1) }}",
    "{% set n = namespace(l=[]) %}{% for i in range(9999) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}",
  ]) func aGreedyTemplateIsStopped(source: String) {
    let error = #expect(throws: JinjaError.self) { try JinjaTemplate(source).render([], now: Self.now) }
    guard case .limit? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// What lies deep in one another is refused before the stack of a small thread is used up.
  @Test(arguments: [
    String(repeating: "(", count: 9999), String(repeating: "[", count: 9999), String(repeating: "not ", count: 9999),
    String(repeating: "-", count: 9999), "a" + String(repeating: " if a else a", count: 9999),
    "a" + String(repeating: ".a", count: 9999),
  ]) func whatIsTooDeepIsRefused(expression: String) throws {
    let thread = Thread {
      #expect(throws: JinjaError.self) { try JinjaTemplate("{{ \(expression) }}").render([], now: Self.now) }
    }
    try Self.run(thread)
  }

  /// The deepest that is let through fits into the stack of a small thread, read, run and thrown away.
  @Test(arguments: [1, 5, 20, 40, 60, 100, 200]) func whatIsLetThroughFits(depth: Int) throws {
    let brackets = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
    let blocks =
      String(repeating: "{% for i in [1] %}{% if 1 %}", count: depth) + "x"
      + String(repeating: "{% endif %}{% endfor %}", count: depth)
    let thread = Thread {
      for source in ["{{ \(brackets) | tojson }}", blocks, "{% set x = \(brackets) %}{{ x == x }}"] {
        do {
          _ = try JinjaTemplate(source).render([], now: Self.now)
        } catch { #expect("\(error)".contains("more than"), "\(error)") }
      }
    }
    try Self.run(thread)
  }

  /// What holds what came before it, and that the one before, is let go of link by link.
  @Test(arguments: [
    "{% macro m() %}{% set ns.f = caller %}{% endmacro %}{% for i in range(30000) %}{% set before = ns.f %}"
      + "{% call m() %}{{ before }}{% endcall %}{% endfor %}",
    "{% for i in range(30000) %}{% set before = ns.f %}{% for j in [1] %}{% set ns.f = loop %}{% endfor %}{% endfor %}",
    "{% for i in range(30000) %}{% set before = ns.f %}{% for j in [1] %}{% set ns.f = loop %}{% endfor %}"
      + "{{ ns.f.changed(before) or '' }}{% endfor %}",
  ]) func longChainsOfObjectsTakeNoStack(source: String) throws {
    let thread = Thread {
      #expect(throws: Never.self) {
        try JinjaTemplate("{% set ns = namespace(f=none) %}" + source).render([], now: Self.now)
      }
    }
    try Self.run(thread)
  }

  /// `map` runs a filter for each element, which may be `map`.
  @Test func mapsWithinMapsAreDepth() throws {
    let thread = Thread {
      let error = #expect(throws: JinjaError.self) {
        try JinjaTemplate("{{ 'a' | map(*(['map'] * 9999)) | list }}").render([], now: Self.now)
      }
      #expect(error == .limit("levels of depth", JinjaLimits.standard.depth))
    }
    try Self.run(thread)
  }

  /// What is done to long texts and lists is counted, also where it is done to an argument and gives little.
  @Test(arguments: [
    "''.join(list)", "'c'.strip(text)", "'c'.find(text)", "'c' | trim(text)", "['c'] | map('trim', text) | list",
    "1 | attr(text)", "1 is eq(text)", "strftime_now(text)", "('\t' * 2000).expandtabs(1000)", "{(text, text): 1}",
    "[1, 2] | tojson(separators=[text, text])", "[1] | tojson(indent=900000)", "cycler(*list)", "text | list",
    "'c'.count(text)", "'c'.startswith(text)", "dict([[(text, text), 1]])",
  ]) func workOnLongArgumentsIsCounted(expression: String) throws {
    let source =
      "{% set text = 'ab' * 450000 %}{% set list = [''] * 900000 %}"
      + "{% for i in range(99999) %}{% if \(expression) %}{% endif %}{% endfor %}"
    #expect(throws: JinjaError.limit("steps", JinjaLimits.standard.steps)) {
      try JinjaTemplate(source).render([], now: Self.now)
    }
  }

  /// Whatever makes a text is held to the longest, also where each character becomes several.
  @Test(arguments: ["text | escape", "text.upper()", "text | upper", "[text] | tojson(ensure_ascii=true)", "s + text"])
  func noTextIsTooLong(expression: String) throws {
    let source = "{% set text = '&ΐ' * 900000 %}{% set s = '' | safe %}{{ (\(expression)) | length }}"
    #expect(throws: JinjaError.limit("characters", JinjaLimits.standard.length)) {
      try JinjaTemplate(source).render([], now: Self.now)
    }
  }

  /// Templates that are all names: of a scope, of a macro, of branches and of blocks.
  @Test(arguments: [
    "{% for i in range(99999) %}{% if 0 %}NAMES{% endif %}{% endfor %}",
    "{% macro m(PARAMETERS) %}{% endmacro %}{% for i in range(99999) %}{{ m() }}{% endfor %}",
    "{% if a %}BRANCHES{% endif %}", "NAMES BLOCKS",
  ]) func manyNamesAreCounted(pattern: String) throws {
    let names = (0..<20_000).map { "a\($0)" }
    let source = pattern.replacing("NAMES", with: names.map { "{{\($0)}}" }.joined())
      .replacing("PARAMETERS", with: names.joined(separator: ","))
      .replacing("BRANCHES", with: names.map { "{%elif \($0)%}" }.joined())
      .replacing("BLOCKS", with: String(repeating: "{%with b=1%}{%endwith%}", count: 20_000))
    #expect(throws: JinjaError.limit("steps", JinjaLimits.standard.steps)) {
      try JinjaTemplate(source).render([], now: Self.now)
    }
  }

  /// What is long side by side takes time in proportion to its length.
  @Test func longSourcesAreReadOnce() throws {
    let names = (0..<50_000).map { "a\($0)" }
    func output(_ source: String) throws -> String { try JinjaTemplate(source).render([], now: Self.now) }
    let arguments = names.map { "\($0)=1" }.joined(separator: ",")
    #expect(try output("{% macro m() %}{{ kwargs | length }}{% endmacro %}{{ m(\(arguments)) }}") == "50000")
    #expect(try output("{{ \(String(repeating: "'a'", count: 200_000)) | length }}") == "200000")
    let macros = String(repeating: "{%macro m()%}{%endmacro%}", count: 20_000)
    #expect(try output(names.prefix(20_000).map { "{{\($0)}}" }.joined() + macros).isEmpty)
    let fields = String(repeating: "{a49999}", count: 4_000)
    #expect(try output("{{ '\(fields)'.format(\(arguments)) | length }}") == "4000")
    #expect(throws: JinjaError.limit("characters of a name", 1_000)) {
      try output("{{ \(String(repeating: "a", count: 1_001)) }}")
    }
  }

  private static func run(_ thread: Thread) throws {
    thread.stackSize = 512 * 1024
    thread.start()
    while !thread.isFinished { Thread.sleep(forTimeInterval: 0.005) }
  }

  /// Many operators side by side lie in one another nowhere.
  @Test func longChainsAreNoDepth() throws {
    let sum = Array(repeating: "1", count: 5000).joined(separator: " + ")
    #expect(try JinjaTemplate("{{ \(sum) }}").render([], now: Self.now) == "5000")
    let either = Array(repeating: "u", count: 5000).joined(separator: " or ")
    #expect(try JinjaTemplate("{{ \(either) }}").render([("u", .none)], now: Self.now) == "None")
    let filters = "'a'" + String(repeating: " | upper", count: 5000)
    #expect(try JinjaTemplate("{{ \(filters) }}").render([], now: Self.now) == "A")
  }
}
