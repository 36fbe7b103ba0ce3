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
        try JinjaTemplate("{{ 'a' | map(*(['map'] * 99999)) | list }}").render([], now: Self.now)
      }
      #expect(error == .limit("levels of depth", JinjaLimits.standard.depth))
    }
    try Self.run(thread)
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
