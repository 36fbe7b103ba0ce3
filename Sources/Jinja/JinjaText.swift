/// A text as Python has it: a sequence of Unicode scalars, equal where these are.
///
/// `String` compares by canonical equivalence and counts grapheme clusters, which is another rule.
package struct JinjaText: Hashable, Sendable {
  /// The scalars in order.
  package var scalars: [Unicode.Scalar]
  /// Whether the text is marked as safe markup, with which other text is joined escaped: `"<b>" | safe + name`.
  var isMarkup = false

  /// A text of scalars.
  package init(_ scalars: [Unicode.Scalar] = []) { self.scalars = scalars }

  /// The text of a string.
  package init(_ string: some StringProtocol) { scalars = Array(string.unicodeScalars) }

  /// The string of the text.
  package var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// How many scalars there are.
  var count: Int { scalars.count }
  /// Whether there is no scalar.
  var isEmpty: Bool { scalars.isEmpty }

  /// Puts a string behind the text.
  mutating func append(_ string: String) { scalars.append(contentsOf: string.unicodeScalars) }

  /// One text behind another.
  static func + (left: JinjaText, right: JinjaText) -> JinjaText { JinjaText(left.scalars + right.scalars) }

  /// Whether both have the same scalars; what is markup is no part of it.
  package static func == (left: JinjaText, right: JinjaText) -> Bool { left.scalars == right.scalars }

  /// Hashes the scalars.
  package func hash(into hasher: inout Hasher) { hasher.combine(scalars) }

  /// The text as markup.
  var asMarkup: JinjaText {
    var copy = self
    copy.isMarkup = true
    return copy
  }

  /// The text with the signs of markup escaped.
  var escaped: JinjaText {
    guard !isMarkup else { return self }
    let escapes: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", "\"": "&#34;"]
    return mapped { escapes[$0] ?? String(Character($0)) }.asMarkup
  }

  /// Whether the scalars at a place are those of another text.
  func matches(_ other: JinjaText, at place: Int) -> Bool {
    guard place >= 0, place + other.count <= count else { return false }
    for index in 0..<other.count where scalars[place + index] != other.scalars[index] { return false }
    return true
  }

  /// The text without what a predicate takes from its ends.
  func trimmed(start: Bool = true, end: Bool = true, where isTrimmed: (Unicode.Scalar) -> Bool) -> JinjaText {
    var rest = scalars[...]
    if start { rest = rest.drop(while: isTrimmed) }
    while end, let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return JinjaText(Array(rest))
  }

  /// Each scalar mapped to several.
  func mapped(_ transform: (Unicode.Scalar) -> String) -> JinjaText {
    JinjaText(scalars.flatMap { Array(transform($0).unicodeScalars) })
  }

  /// Whether all scalars are ASCII, as most are; what is done to them is simple then.
  private var isASCII: Bool { scalars.allSatisfy(\.isASCII) }

  /// The text in small letters.
  var lowercased: JinjaText {
    guard isASCII else { return JinjaText(string.lowercased()) }
    return JinjaText(scalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value + 32)) : $0 })
  }

  /// The text in capitals.
  var uppercased: JinjaText {
    guard isASCII else { return mapped(\.properties.uppercaseMapping) }
    return JinjaText(scalars.map { ("a"..."z").contains($0) ? Unicode.Scalar(UInt8($0.value - 32)) : $0 })
  }

  /// The first scalar in capitals, the others in small letters.
  var capitalized: JinjaText {
    guard let first = scalars.first else { return self }
    return JinjaText(first.properties.titlecaseMapping) + JinjaText(Array(scalars.dropFirst())).lowercased
  }

  /// The lines with their ends, cut as Python's `splitlines` does.
  var linesWithEnds: [JinjaText] {
    var lines: [JinjaText] = [], start = 0, index = 0
    while index < count {
      let scalar = scalars[index]
      index += 1
      guard scalar.endsLine else { continue }
      if scalar == "\r", index < count, scalars[index] == "\n" { index += 1 }
      lines.append(JinjaText(Array(scalars[start..<index])))
      start = index
    }
    if start < count { lines.append(JinjaText(Array(scalars[start...]))) }
    return lines
  }

  /// The lines without their ends.
  var lines: [JinjaText] { linesWithEnds.map { $0.trimmed(start: false) { $0.endsLine } } }
}

extension JinjaText: ExpressibleByStringLiteral {
  /// The text of a literal.
  package init(stringLiteral value: String) { self.init(value) }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isspace` and `strip` count the scalar as white space.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }

  /// Whether Python's `splitlines` ends a line here.
  var endsLine: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}
