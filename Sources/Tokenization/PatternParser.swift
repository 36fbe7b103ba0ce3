/// Reads a regular expression in the syntax of Oniguruma (that of Ruby), which Hugging Face `tokenizers` runs.
///
/// What is not known is refused, never guessed: back references, `\X`, `\R`, scripts, POSIX brackets, conditions.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  /// Whether letters match in either case, and whether the dot matches a line break, here.
  private var options = Options()

  private struct Options {
    var ignoresCase = false
    var dotMatchesAll = false
  }

  /// Deeper groups and brackets are refused: reading them and running them would take too much of the stack.
  private static let maximumDepth = 40

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The tree of a regular expression.
  static func parse(_ text: String) throws(PatternError) -> PatternNode {
    var parser = PatternParser(text)
    let node = try parser.choice()
    if parser.peek() != nil { throw parser.error("an unmatched \")\"") }
    return node
  }

  private func error(_ found: String) -> PatternError { PatternError(found: "\(found) at character \(index)") }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    scalars.indices.contains(index + ahead) ? scalars[index + ahead] : nil
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  private mutating func next() throws(PatternError) -> Unicode.Scalar {
    guard let scalar = peek() else { throw error("an unexpected end") }
    index += 1
    return scalar
  }

  private mutating func choice() throws(PatternError) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw error("groups nested too deeply") }
    // Options that are set within a group end with it.
    let options = options
    defer { self.options = options }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = peek(), scalar != "|", scalar != ")" {
      guard var node = try atom() else { continue }
      while let loop = try loop(over: node) { node = loop }
      nodes.append(node)
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  // MARK: Loops

  private mutating func loop(over node: PatternNode) throws(PatternError) -> PatternNode? {
    let least: Int, most: Int?
    var isInterval = false
    switch peek() {
    case "*": (least, most) = (0, nil)
    case "+": (least, most) = (1, nil)
    case "?": (least, most) = (0, 1)
    case "{":
      guard let interval = try interval() else { return nil }
      (least, most) = interval
      isInterval = true
    default: return nil
    }
    if !isInterval { index += 1 }
    if take("?") {
      // Where the two bounds are one, Ruby reads this as an optional loop.
      if isInterval, least == most { throw error("\"?\" behind a fixed number") }
      return .loop(node, least: least, most: most, .lazy)
    }
    // Behind an interval a plus is a loop of its own.
    if !isInterval, take("+") { return .loop(node, least: least, most: most, .possessive) }
    return .loop(node, least: least, most: most, .greedy)
  }

  /// The bounds of `{2}`, `{2,}`, `{,3}` or `{2,3}`; nil where the brace stands for itself.
  private mutating func interval() throws(PatternError) -> (Int, Int?)? {
    guard let end = scalars[index...].firstIndex(of: "}") else { return nil }
    let inner = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
    let fields = inner.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count <= 2, inner != ",", !inner.isEmpty,
      fields.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    let least = fields[0].isEmpty ? 0 : Int(fields[0])
    let most = fields.count == 1 ? least : fields[1].isEmpty ? nil : Int(fields[1])
    guard let least, least <= 1000, most ?? 0 <= 1000, fields.count < 2 || fields[1].isEmpty || most != nil else {
      throw error("a number of repetitions beyond 1000")
    }
    if let most, most < least { throw error("an interval that ends before it begins") }
    index = end + 1
    return (least, most)
  }

  // MARK: Atoms

  /// The next atom, or nil for what is none: options and comments.
  private mutating func atom() throws(PatternError) -> PatternNode? {
    switch try next() {
    case "(": return try group()
    case "[": return .scalar(try bracket())
    case ".": return .scalar(options.dotMatchesAll ? .any : .not(.range(0x0A, 0x0A)))
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "*", "+", "?":
      index -= 1
      throw error("a repetition of nothing")
    case "\\": return try escape()
    case let scalar: return literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode { .scalar(cased(.range(scalar.value, scalar.value))) }

  private func cased(_ rule: ScalarSet.Rule) -> ScalarSet.Rule { options.ignoresCase ? .eitherCase(rule) : rule }

  private mutating func group() throws(PatternError) -> PatternNode? {
    let node: PatternNode
    if take("?:") {
      node = try choice()
    } else if take("?=") {
      node = .look(try choice(), behind: false, negative: false)
    } else if take("?!") {
      node = .look(try choice(), behind: false, negative: true)
    } else if take("?<=") {
      node = .look(try behind(), behind: true, negative: false)
    } else if take("?<!") {
      node = .look(try behind(), behind: true, negative: true)
    } else if take("?>") {
      node = .atomic(try choice())
    } else if take("?#") {
      while try next() != ")" {}
      return nil
    } else if take("?<") {
      while try next() != ">" {}
      node = try choice()
    } else if take("?") {
      return try optionGroup()
    } else {
      node = try choice()
    }
    guard take(")") else { throw error("a group without an end") }
    return node
  }

  private mutating func behind() throws(PatternError) -> PatternNode {
    let node = try choice()
    if node.length == nil { throw error("a look behind of no fixed length") }
    return node
  }

  /// `(?i)`, `(?i:…)` and their like, behind the question mark.
  private mutating func optionGroup() throws(PatternError) -> PatternNode? {
    let outer = options
    var isOn = true
    while true {
      switch try next() {
      case "-": isOn = false
      case "i": options.ignoresCase = isOn
      case "m": options.dotMatchesAll = isOn
      case ")":
        // To the end of the group around it, which puts the options back.
        return nil
      case ":":
        let node = try choice()
        options = outer
        guard take(")") else { throw error("a group without an end") }
        return node
      case let scalar: throw error("the option \"\(scalar)\"")
      }
    }
  }

  private mutating func escape() throws(PatternError) -> PatternNode {
    switch peek() {
    case "A": index += 1; return .assertion(.textStart)
    case "z": index += 1; return .assertion(.textEnd)
    case "Z": index += 1; return .assertion(.lastLineEnd)
    case "b": index += 1; return .assertion(.wordBorder)
    case "B": index += 1; return .assertion(.noWordBorder)
    default: return .scalar(cased(try escapedSet()))
    }
  }

  // MARK: Sets

  /// What stands behind a backslash, within brackets and without.
  private mutating func escapedSet() throws(PatternError) -> ScalarSet.Rule {
    let scalar = try next()
    switch scalar {
    case "s": return .whitespace
    case "S": return .not(.whitespace)
    case "d": return .digit
    case "D": return .not(.digit)
    case "w": return .word
    case "W": return .not(.word)
    case "h": return .simple([0x30...0x39, 0x41...0x46, 0x61...0x66], categories: 0)
    case "H": return .not(.simple([0x30...0x39, 0x41...0x46, 0x61...0x66], categories: 0))
    case "p", "P": return try property(negated: scalar == "P")
    default:
      let value = try escapedScalar(scalar).value
      return .range(value, value)
    }
  }

  private mutating func escapedScalar(_ scalar: Unicode.Scalar) throws(PatternError) -> Unicode.Scalar {
    switch scalar {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "a": return "\u{7}"
    case "e": return "\u{1B}"
    case "u": return try number(digits: 4)
    case "x":
      guard take("{") else { return try number(digits: 2) }
      guard let end = scalars[index...].firstIndex(of: "}") else { throw error("\"\\x{\" without an end") }
      let scalar = try number(digits: end - index)
      index += 1
      return scalar
    case "0"..."9", "a"..."z", "A"..."Z": throw error("\"\\\(scalar)\"")
    default: return scalar
    }
  }

  private mutating func number(digits: Int) throws(PatternError) -> Unicode.Scalar {
    let text = String(String.UnicodeScalarView(scalars[index...].prefix(digits)))
    guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw error("\"\(text)\" for a character's number")
    }
    index += digits
    return scalar
  }

  /// `{Name}` or `{^Name}` behind `\p`.
  private mutating func property(negated isNegated: Bool) throws(PatternError) -> ScalarSet.Rule {
    guard take("{"), let end = scalars[index...].firstIndex(of: "}") else { throw error("\"\\p\" without a name") }
    let isNegated = take("^") != isNegated
    let written = String(String.UnicodeScalarView(scalars[index..<end]))
    let name = written.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
    index = end + 1
    let rule: ScalarSet.Rule
    switch name {
    case "any": rule = .any
    case "alphabetic", "alpha": rule = .alphabetic
    case "whitespace", "space": rule = .whitespace
    case "word": rule = .word
    case "digit": rule = .digit
    default:
      guard let mask = GeneralCategories.mask(named: name) else { throw error("the property \"\(written)\"") }
      rule = .simple([], categories: mask)
    }
    return isNegated ? .not(rule) : rule
  }

  /// What stands between brackets, behind the opening one.
  private mutating func bracket() throws(PatternError) -> ScalarSet.Rule {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { throw error("brackets nested too deeply") }
    let isNegated = take("^")
    var rules: [ScalarSet.Rule] = [], required: [ScalarSet.Rule] = []
    var isFirst = true
    while true {
      defer { isFirst = false }
      if take("&&") {
        required.append(.union(rules))
        rules = []
        continue
      }
      let scalar = try next()
      switch scalar {
      case "]" where !isFirst:
        let union = ScalarSet.Rule.union(rules)
        let rule = cased(required.reduce(union) { .both($0, $1) })
        return isNegated ? .not(rule) : rule
      case "[":
        if isPOSIXBracket { throw error("a POSIX bracket") }
        rules.append(try bracket())
      case "\\":
        let rule = try escapedSet()
        if case .simple(let ranges, 0) = rule, ranges.count == 1, ranges[0].count == 1 {
          rules.append(try range(from: ranges[0].lowerBound))
        } else {
          rules.append(rule)
        }
      default: rules.append(try range(from: scalar.value))
      }
    }
  }

  /// Whether `:alpha:]` or its like follows.
  private var isPOSIXBracket: Bool {
    var rest = scalars[index...]
    guard rest.popFirst() == ":" else { return false }
    if rest.first == "^" { rest.removeFirst() }
    return rest.drop { ("a"..."z").contains($0) }.starts(with: [":", "]"])
  }

  /// The range that begins with a character, or that character alone.
  private mutating func range(from first: UInt32) throws(PatternError) -> ScalarSet.Rule {
    guard peek() == "-", let after = peek(1), after != "]" else { return .range(first, first) }
    index += 1
    var last = try next()
    if last == "[" { throw error("a bracket at the end of a range") }
    if last == "\\" { last = try escapedScalar(try next()) }
    if last.value < first { throw error("a range that ends before it begins") }
    return .range(first, last.value)
  }
}
