/// Cuts a template's source into tokens, with the white space around blocks as transformers sets it: `trim_blocks`
/// takes the newline behind a block, `lstrip_blocks` the blanks before one that begins its line.
struct Lexer {
  private let source: [Unicode.Scalar]
  private var place = 0
  private var line = 1
  private var tokens: [Token] = []
  /// Whether what was read last ended with a newline: a block that comes next begins its line.
  private var startsLine = true

  /// The longest name.
  private static let nameLength = 1_000

  /// The tokens of a source, the end last.
  static func tokens(of source: String) throws(JinjaError) -> [Token] {
    var lexer = Lexer(source)
    try lexer.run()
    return lexer.tokens
  }

  private init(_ text: String) {
    var scalars: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "\r" { scalars.append("\n") } else if scalar != "\n" || previous != "\r" { scalars.append(scalar) }
      previous = scalar
    }
    // One newline at the end of a file is the file's, not the template's.
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  private enum Opening: CaseIterable { case block, variable, comment }

  private mutating func run() throws(JinjaError) {
    while place < source.count {
      guard let start = (place..<source.count).first(where: { opening(at: $0) != nil }),
        let opening = opening(at: start)
      else {
        append(.data(text(place..<source.count)))
        break
      }
      let sign = self.sign(at: start + 2)
      let rawEnd = opening == .block ? endOfRaw("raw", from: start) : nil
      let data = stripped(place..<start, sign: sign, keepsBlanks: opening == .variable)
      if !data.isEmpty { append(.data(data)) }
      line += newlines(place..<start)
      if let rawEnd {
        move(to: rawEnd)
        try raw()
      } else {
        place = start + 2 + (sign == nil ? 0 : 1)
        startsLine = false
        switch opening {
        case .comment: try comment()
        case .block: try expression(.blockBegin, .blockEnd, "%")
        case .variable: try expression(.variableBegin, .variableEnd, "}")
        }
      }
    }
    append(.end)
  }

  // MARK: Text

  private func opening(at index: Int) -> Opening? {
    guard source[index] == "{", index + 1 < source.count else { return nil }
    return switch source[index + 1] {
    case "%": .block
    case "{": .variable
    case "#": .comment
    default: nil
    }
  }

  private func sign(at index: Int) -> Unicode.Scalar? {
    guard index < source.count, source[index] == "-" || source[index] == "+" else { return nil }
    return source[index]
  }

  /// The text before an opening, without what its sign or the rule for blocks takes.
  private func stripped(_ range: Range<Int>, sign: Unicode.Scalar?, keepsBlanks: Bool) -> String {
    var end = range.upperBound
    if sign == "-" {
      while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
    } else if sign != "+", !keepsBlanks {
      var start = end
      while start > range.lowerBound, source[start - 1] != "\n" { start -= 1 }
      let isBlank = source[start..<end].allSatisfy(\.isPythonSpace)
      if start > range.lowerBound || startsLine, isBlank { end = start }
    }
    return text(range.lowerBound..<end)
  }

  private func text(_ range: Range<Int>) -> String { JinjaText(Array(source[range])).string }

  private func newlines(_ range: Range<Int>) -> Int { source[range].count { $0 == "\n" } }

  private mutating func append(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  private mutating func move(to end: Int) {
    line += newlines(place..<end)
    if end > place { startsLine = source[end - 1] == "\n" }
    place = end
  }

  private func skippingSpace(from index: Int) -> Int {
    source[index...].firstIndex { !$0.isPythonSpace } ?? source.count
  }

  /// The end of a closing such as `%}` that may begin here, with what it takes behind itself.
  private func closing(at index: Int, _ sign: Unicode.Scalar, trimsNewline: Bool = true) -> Int? {
    func closes(_ index: Int) -> Bool {
      index + 1 < source.count && source[index] == sign && source[index + 1] == "}"
    }
    guard index < source.count else { return nil }
    if source[index] == "-", closes(index + 1) { return skippingSpace(from: index + 3) }
    if source[index] == "+", sign != "}", closes(index + 1) { return index + 3 }
    guard closes(index) else { return nil }
    let end = index + 2
    return trimsNewline && sign != "}" && end < source.count && source[end] == "\n" ? end + 1 : end
  }

  /// The end of `{% raw %}` or `{% endraw %}` that begins here.
  private func endOfRaw(_ name: String, from start: Int) -> Int? {
    var index = skippingSpace(from: start + 2 + (sign(at: start + 2) == nil ? 0 : 1))
    for scalar in name.unicodeScalars {
      guard index < source.count, source[index] == scalar else { return nil }
      index += 1
    }
    index = skippingSpace(from: index)
    if name == "raw", index < source.count, source[index] == "+" { return nil }
    return closing(at: index, "%", trimsNewline: name != "raw")
  }

  private mutating func raw() throws(JinjaError) {
    if place == source.count { return }
    var index = place
    while index < source.count {
      if opening(at: index) == .block, let end = endOfRaw("endraw", from: index) {
        let data = stripped(place..<index, sign: sign(at: index + 2), keepsBlanks: false)
        if !data.isEmpty { append(.data(data)) }
        move(to: end)
        return
      }
      index += 1
    }
    throw .syntax(line: line, found: "the end", expected: "{% endraw %}")
  }

  private mutating func comment() throws(JinjaError) {
    // Jinja lets one that the end cuts off right behind its opening pass.
    if place == source.count { return }
    guard let index = (place..<source.count).first(where: { closing(at: $0, "#") != nil }),
      let end = closing(at: index, "#")
    else { throw .syntax(line: line, found: "the end", expected: "'#}'") }
    move(to: end)
  }

  // MARK: Expressions

  private mutating func expression(_ begin: Token.Kind, _ end: Token.Kind, _ sign: Unicode.Scalar) throws(JinjaError) {
    append(begin)
    var open: [Unicode.Scalar] = []
    while place < source.count {
      if open.isEmpty, let next = closing(at: place, sign) {
        append(end)
        move(to: next)
        return
      }
      let scalar = source[place]
      if scalar.isPythonSpace {
        move(to: place + 1)
      } else if scalar.isDigit {
        try number()
      } else if scalar == "_" || scalar.properties.isAlphabetic {
        let stop = source[place...].firstIndex { !$0.isNamePart } ?? source.count
        // Names are looked up each time they are met.
        guard stop - place <= Self.nameLength else { throw .limit("characters of a name", Self.nameLength) }
        append(.name(text(place..<stop)))
        move(to: stop)
      } else if scalar == "'" || scalar == "\"" {
        try string(scalar)
      } else {
        let sign = try operatorSign()
        switch sign {
        case "(", "[", "{": open.append(scalar)
        case ")", "]", "}":
          guard let last = open.popLast() else {
            throw .syntax(line: line, found: "'\(sign)'", expected: "no more closing than opening brackets")
          }
          let opening: Unicode.Scalar = sign == ")" ? "(" : sign == "]" ? "[" : "{"
          guard last == opening else {
            throw .syntax(line: line, found: "'\(sign)'", expected: "what closes '\(Character(last))'")
          }
        default: break
        }
        append(.sign(sign))
        move(to: place + sign.unicodeScalars.count)
      }
    }
    throw .syntax(line: line, found: "the end", expected: end == .blockEnd ? "'%}'" : "'}}'")
  }

  private static let signs: Set<String> = [
    "+", "-", "/", "//", "*", "%", "**", "~", "[", "]", "(", ")", "{", "}", "==", "!=", ">", ">=", "<", "<=", "=", ".",
    ":", "|", ",", ";",
  ]

  private func operatorSign() throws(JinjaError) -> String {
    for length in [2, 1] where place + length <= source.count {
      let sign = text(place..<(place + length))
      if Self.signs.contains(sign) { return sign }
    }
    throw .syntax(line: line, found: "'\(text(place..<(place + 1)))'", expected: "an expression")
  }

  private mutating func number() throws(JinjaError) {
    /// The end of digits with single underscores between them.
    func digits(from index: Int, _ isDigit: (Unicode.Scalar) -> Bool) -> Int {
      var index = index
      while index < source.count {
        if isDigit(source[index]) {
          index += 1
        } else if source[index] == "_", index + 1 < source.count, isDigit(source[index + 1]) {
          index += 2
        } else {
          break
        }
      }
      return index
    }
    func at(_ index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }
    let isFollowingPoint = place > 0 && source[place - 1] == "."
    var end = digits(from: place, \.isDigit), isFloat = false
    if !isFollowingPoint {
      if at(end) == ".", let next = at(end + 1), next.isDigit {
        end = digits(from: end + 1, \.isDigit)
        isFloat = true
      }
      if at(end) == "e" || at(end) == "E" {
        let first = at(end + 1) == "+" || at(end + 1) == "-" ? end + 2 : end + 1
        if let digit = at(first), digit.isDigit {
          end = digits(from: first, \.isDigit)
          isFloat = true
        }
      }
    }
    var written = text(place..<end)
    if isFloat {
      append(.float(Double(written.replacing("_", with: "")) ?? .infinity))
      return move(to: end)
    }
    var radix = 10
    if written == "0", let mark = at(end), let base = ["b": 2, "o": 8, "x": 16][String(Character(mark)).lowercased()] {
      let first = at(end + 1) == "_" ? end + 2 : end + 1
      let stop = digits(from: first) { Int(String(Character($0)), radix: base) != nil }
      if stop > first {
        written = text(first..<stop)
        radix = base
        end = stop
      }
    }
    guard let value = Int(written.replacing("_", with: ""), radix: radix) else {
      throw .syntax(line: line, found: written, expected: "a number of at most 64 bits")
    }
    append(.integer(value))
    move(to: end)
  }

  private mutating func string(_ quote: Unicode.Scalar) throws(JinjaError) {
    var index = place + 1
    var scalars: [Unicode.Scalar] = []
    while index < source.count, source[index] != quote {
      guard source[index] == "\\", index + 1 < source.count else {
        scalars.append(source[index])
        index += 1
        continue
      }
      index = try escape(at: index + 1, into: &scalars)
    }
    guard index < source.count else {
      throw .syntax(line: line, found: "the end", expected: "the end of a string")
    }
    append(.string(JinjaText(scalars)))
    move(to: index + 1)
  }

  /// Reads an escape behind its backslash, as Python does.
  /// - Returns: Where it ends.
  private func escape(at index: Int, into scalars: inout [Unicode.Scalar]) throws(JinjaError) -> Int {
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
      "v": "\u{B}",
    ]
    func number(from start: Int, count: Int, radix: Int) -> (Unicode.Scalar, Int)? {
      var end = start
      while end < source.count, end < start + count, Int(String(Character(source[end])), radix: radix) != nil {
        end += 1
      }
      guard radix == 8 || end == start + count, let value = UInt32(text(start..<end), radix: radix),
        let scalar = Unicode.Scalar(value)
      else { return nil }
      return (scalar, end)
    }
    let scalar = source[index]
    if scalar == "\n" { return index + 1 }
    if let value = simple[scalar] {
      scalars.append(value)
      return index + 1
    }
    if let count = ["x": 2, "u": 4, "U": 8][scalar] {
      guard let (value, end) = number(from: index + 1, count: count, radix: 16) else {
        throw .syntax(line: line, found: "\\\(Character(scalar))", expected: "\(count) hexadecimal digits of a scalar")
      }
      scalars.append(value)
      return end
    }
    if let (value, end) = number(from: index, count: 3, radix: 8), end > index {
      scalars.append(value)
      return end
    }
    if scalar == "N" { throw .unsupported(line: line, what: "a character by its name") }
    scalars += ["\\", scalar]
    return index + 1
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

  fileprivate var isNamePart: Bool {
    self == "_" || properties.isAlphabetic || properties.generalCategory == .decimalNumber
      || properties.generalCategory == .nonspacingMark
  }
}
