import Foundation
import Jinja
import Randomness
import Tokenization

/// Chat templates: seeds of our own, mutated as text in Jinja's grammar, and what runs them.
struct TemplateGrammar {
  /// Small templates, each a use of one construct: those that the interpreter is compared with Python's on.
  private let pieces: [[UInt8]]

  /// What a mutation puts in: marks, names, what is larger than it looks, and what holds itself.
  private static let tokens: [String] = [
    "{%", "%}", "{%-", "-%}", "{{", "}}", "{{-", "-}}", "{#", "#}", "{% raw %}", "{% endraw %}", "{% endfor %}",
    "{% endif %}", "{% endmacro %}", "{% endset %}", "{% endwith %}", "{% endcall %}", "{% endfilter %}", "{% else %}",
    "{% break %}", "{% continue %}", " if ", " else ", " elif ", " for ", " in ", " not ", " and ", " or ", " is ",
    " recursive ", " set ", "|", "~", "(", ")", "[", "]", "{", "}", ".", ",", ":", "=", "==", "<", "*", "**", "//", "%",
    "-", "'", "\"", "\\", "\\u12", "\\xff", "\\777", "\r\n", "\u{0}", "\u{301}", "İ", "ΐ", "٣", "messages", "message",
    "message.content", "loop", "loop.index", "loop.previtem", "loop.nextitem", "loop.last", "loop.length",
    "loop.changed(loop)", "loop(messages)", "loop.cycle('a', 'b')", "namespace(a=1)", "ns", "ns.a", "caller()",
    "varargs",
    "kwargs", "self", "super()", "_", "__class__", "true", "none", "undefined", "bos_token", "tools", "0", "-1", "1",
    "1e400", "-1e400", "1e-400", "nan", "99999999999999999999", "9223372036854775807", "(-9223372036854775807 - 1)",
    "0x7fffffffffffffff", "1_000", "10 ** 9", "2 ** 63", "range(10**9)", "range(99999)", "range(99999)|list",
    "range(-9223372036854775807, 9223372036854775807, 9223372036854775807)", "'a' * 10**9", "'a' * 99999",
    "[0] * 99999",
    "[[]] * 9", "'%0999999999d' % 1", "'%.400f' % 1e300", "'%(a)s%(a)*d' % {'a': 1}", "'%c' % 1114112",
    "'{0:>99999999}{a.b[c]!r:x}'.format(1)", "'{:,.400f}'.format(1e300)", "'{0[0][0]}'.format('a')", "[::-1]",
    "[9223372036854775807::-9223372036854775807]", "[-1:None:2]", "|round(-9223372036854775807)", "|round(300, 'ceil')",
    "|int(base=36)", "|batch(9223372036854775807, 0)", "|slice(99999, 0)", "|tojson(indent=99999)",
    "|indent(99999, true)",
    "|center(99999)", "|truncate(9223372036854775807, leeway=1)", "|replace('', 'a' * 999)",
    "|map('map', 'map', 'upper')",
    "|map(*(['map'] * 99999))|list", "|map(attribute='content')", "|selectattr('role', 'equalto', 'user')", "|list",
    "|sort(attribute='a,b')", "|groupby('role')", "|unique", "|join('a' * 99999)", "|sum(start=[])", "|dictsort",
    "|items", "|first", "|last", "|reverse", "|string", "|upper", "|safe", "|escape", "|float", "|abs", "|default(x)",
    "|filesizeformat", "|wordcount", "|format(1, a=2)", "|attr('a')", ".split()", ".strip('a')", ".items()", ".get(0)",
    ".join(range(9)|map('string'))", ".zfill(99999)", ".expandtabs(999)", ".format(*range(99))", ".count('a')",
    "strftime_now('%-d%c%')", "raise_exception('a')", "cycler(1, 2).next()", "joiner()()", "dict(a=1)",
    "{% macro m(a, b=1) %}{{ m(a) }}{{ caller }}{{ varargs }}{% endmacro %}{{ m(1) }}",
    "{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a, ns] %}{% endfor %}{{ ns.a }}",
    "{% macro m() %}{% set ns.f = caller %}{% endmacro %}{% for i in range(9999) %}{% set p = ns.f %}"
      + "{% call m() %}{% endcall %}{% endfor %}",
    "{% for a in [[[]]] recursive %}{{ loop(a) }}{% endfor %}", "{% for a in messages if loop.last %}",
    "{% set x = x ~ x %}", "{% set x %}", "{% filter upper %}", "{% with a = b, b = a %}", "{% call(a) m(a) %}",
    "{% generation %}", "{% include 'a' %}",
  ]

  /// What stands before a text that lies deep in itself.
  private static let nests: [(opening: String, closing: String)] = [
    ("(", ")"), ("[", "]"), ("{'a':", "}"), ("not ", ""), ("-", ""), ("a[", "]"), ("f(", ")"), ("1 if ", " else 2"),
    ("{% if 1 %}", "{% endif %}"), ("{% for a in [1] %}", "{% endfor %}"), ("{% set a %}", "{% endset %}"),
    ("{% macro m() %}", "{% endmacro %}"), ("{% with %}", "{% endwith %}"), ("{% filter lower %}", "{% endfilter %}"),
    ("1 ~ ", "1"), ("1 + ", "1"), ("a.", "b"), ("a|", "b"), ("'a' ", ""), ("a == ", "b"),
  ]

  /// - Parameter tests: The folder of all tests.
  init(tests: URL) throws {
    struct Row: Decodable { var source: String? }
    let file = tests.appending(path: "JinjaTests/Fixtures/jinja.jsonl")
    pieces = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).compactMap { line in
      try JSONDecoder().decode(Row.self, from: line).source.map { Array($0.utf8) }
    }
  }

  /// The built-in templates, and one that is empty: it is filled with pieces.
  var seeds: [(name: String, source: [UInt8])] {
    ChatTemplate.names.compactMap { name in ChatTemplate(builtIn: name).map { (name, Array($0.source.utf8)) } }
      + [("pieces", [])]
  }

  /// A source with some tokens, pieces and nests put in, in half of all cases with bytes changed too.
  func mutate(_ source: [UInt8], _ random: inout CounterRandom) -> [UInt8] {
    var source = source
    if source.isEmpty {
      for _ in 0...random.integer(below: 3) { source += pieces[random.integer(below: pieces.count)] }
    }
    for _ in 0...random.integer(below: 4) {
      let place = random.integer(below: source.count + 1)
      switch random.integer(below: 8) {
      case 0: source.insert(contentsOf: pieces[random.integer(below: pieces.count)], at: place)
      case 1:
        let nest = Self.nests[random.integer(below: Self.nests.count)]
        let depth = [2, 20, 45, 60, 5_000][random.integer(below: 5)]
        let end = min(source.count, place + random.integer(below: 9))
        source.insert(contentsOf: Array(repeatElement(Array(nest.closing.utf8), count: depth).joined()), at: end)
        source.insert(contentsOf: Array(repeatElement(Array(nest.opening.utf8), count: depth).joined()), at: place)
      default:
        let token = Array(Self.tokens[random.integer(below: Self.tokens.count)].utf8)
        // In place of a name or a number, where one begins there: what is around it often stays a template.
        let end = source[place...].firstIndex { !Self.isInWord($0) } ?? source.count
        if random.integer(below: 2) == 0 {
          source.replaceSubrange(place..<end, with: token)
        } else {
          source.insert(contentsOf: token, at: place)
        }
      }
    }
    return random.integer(below: 2) == 0 ? source : Fuzz.mutate(source, &random)
  }

  private static func isInWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      || (0x61...0x7A).contains(byte)
  }

  /// Runs a template over a conversation, on a stack as small as threads have.
  /// - Throws: `JinjaError`.
  static func use(_ source: String) throws {
    // The full limits take a second: of most runs a part of them.
    var limits = JinjaLimits.standard
    if source.utf8.count % 32 > 0 { limits.steps /= 20 }
    let chosen = limits
    nonisolated(unsafe) var outcome = Result<Void, any Error>.success(())
    let thread = Thread {
      outcome = Result {
        let now = JinjaDate(year: 2024, month: 7, day: 26)
        _ = try JinjaTemplate(source).render(conversation, now: now, limits: chosen)
      }
    }
    thread.stackSize = 512 << 10
    thread.start()
    while !thread.isFinished { usleep(20) }
    try outcome.get()
  }

  /// What templates are given.
  private static var conversation: [(String, JinjaValue)] {
    let messages = [("system", "s"), ("user", " <u>\n\n é "), ("assistant", ""), ("user", "v")].map { role, content in
      JinjaValue.dictionary(JinjaDictionary([("role", .string(role)), ("content", .string(content))]))
    }
    return [
      ("messages", .list(messages)), ("add_generation_prompt", .boolean(true)), ("bos_token", .string("<s>")),
      ("eos_token", .string("</s>")), ("tools", .none), ("enable_thinking", .boolean(false)),
    ]
  }
}
