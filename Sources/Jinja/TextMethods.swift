/// The methods of Python's `str`.
enum TextMethods {
  static let names: Set<String> = [
    "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
    "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "join",
    "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    "zfill",
  ]

  /// What a method gives.
  static func call(
    _ name: String, on text: JinjaText, _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws -> JinjaValue {
    try evaluator.step(1 + text.count / 16)
    func argument(_ place: Int, _ key: String) throws -> JinjaText {
      guard let value = arguments.value(place, key) else { throw JinjaError.type("\(name)() needs an argument") }
      guard let text = value.asText else { throw JinjaError.type("must be str, not \(value.typeName)") }
      return text
    }
    func all(_ property: (Unicode.Scalar) -> Bool) -> JinjaValue {
      .boolean(!text.isEmpty && text.scalars.allSatisfy(property))
    }
    switch name {
    case "lower": return .text(text.lowercased)
    case "casefold": return .text(text.uppercased.lowercased)
    case "upper": return .text(text.uppercased)
    case "capitalize": return .text(text.capitalized)
    case "title": return .text(titled(text))
    case "swapcase":
      return .text(
        text.mapped { $0.properties.isLowercase ? $0.properties.uppercaseMapping : $0.properties.lowercaseMapping })
    case "strip", "lstrip", "rstrip":
      let characters = arguments.value(0, "chars")
      guard characters == nil || characters?.asText != nil || characters?.isNone == true else {
        throw JinjaError.type("strip arg must be None or str")
      }
      return .text(
        JinjaEvaluator.stripped(text, characters, start: name != "rstrip", end: name != "lstrip"))
    case "split", "rsplit": return .list(try split(text, fromEnd: name == "rsplit", arguments, evaluator))
    case "splitlines":
      let keepsEnds = arguments.value(0, "keepends")?.isTrue ?? false
      return .list((keepsEnds ? text.linesWithEnds : text.lines).map(JinjaValue.text))
    case "partition", "rpartition":
      let separator = try argument(0, "sep")
      guard !separator.isEmpty else { throw JinjaError.type("empty separator") }
      return .tuple(parts(of: text, around: separator, fromEnd: name == "rpartition").map(JinjaValue.text))
    case "startswith", "endswith": return .boolean(try hasEnd(text, name == "startswith", arguments))
    case "removeprefix":
      let prefix = try argument(0, "prefix")
      return .text(text.matches(prefix, at: 0) ? JinjaText(Array(text.scalars.dropFirst(prefix.count))) : text)
    case "removesuffix":
      let suffix = try argument(0, "suffix")
      let isThere = !suffix.isEmpty && text.matches(suffix, at: text.count - suffix.count)
      return .text(isThere ? JinjaText(Array(text.scalars.dropLast(suffix.count))) : text)
    case "find", "rfind", "index", "rindex":
      let wanted = try argument(0, "sub"), range = try range(arguments, of: text)
      let place = range.flatMap {
        name.hasPrefix("r") ? text.lastPlace(of: wanted, in: $0) : text.firstPlace(of: wanted, in: $0)
      }
      if place == nil, name.hasSuffix("index") { throw JinjaError.type("substring not found") }
      return .integer(place ?? -1)
    case "count":
      let wanted = try argument(0, "sub")
      guard let range = try range(arguments, of: text) else { return .integer(0) }
      return .integer(count(of: wanted, in: text, range))
    case "replace":
      return .text(
        try evaluator.replaced(
          text, argument(0, "old"), argument(1, "new"), atMost: arguments.value(2, "count")?.asInteger ?? -1))
    case "join":
      var joined = JinjaText()
      for (index, element) in try evaluator.elements(of: arguments.value(0, "iterable") ?? .none).enumerated() {
        guard let part = element.asText else {
          throw JinjaError.type("sequence item \(index): expected str instance, \(element.typeName) found")
        }
        if index > 0 { joined.scalars += text.scalars }
        joined.scalars += part.scalars
        try evaluator.check(length: joined.count)
      }
      try evaluator.check(making: joined.count)
      return .text(joined)
    case "center", "ljust", "rjust", "zfill": return .text(try padded(name, text, arguments, evaluator))
    case "expandtabs":
      let size = arguments.value(0, "tabsize")?.asInteger ?? 8
      guard size <= 1000 else { throw JinjaError.limit("blanks of a tab", 1000) }
      return .text(try tabsExpanded(text, max(0, size), evaluator))
    case "format": return .text(try BraceFormat(text).text(of: arguments, evaluator))
    case "isalpha": return all { $0.isLetter }
    case "isalnum": return all { $0.isLetter || $0.properties.numericType != nil }
    case "isdigit": return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isdecimal": return all { $0.properties.numericType == .decimal }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isascii": return .boolean(text.scalars.allSatisfy(\.isASCII))
    case "isspace": return all(\.isPythonSpace)
    case "islower", "isupper":
      let isLower = name == "islower"
      let cased = text.scalars.filter { $0.properties.isLowercase || $0.properties.isUppercase || $0.isTitlecase }
      return .boolean(
        !cased.isEmpty && cased.allSatisfy { isLower ? $0.properties.isLowercase : $0.properties.isUppercase })
    case "istitle": return .boolean(isTitled(text))
    default: throw JinjaError.type("'str object' has no attribute '\(name)'")
    }
  }

  // MARK: Parts

  private static func split(
    _ text: JinjaText, fromEnd: Bool, _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws -> [JinjaValue] {
    try arguments.check("split", ["sep", "maxsplit"])
    let most = arguments.value(1, "maxsplit")?.asInteger ?? -1
    var left = most < 0 ? Int.max : most
    var parts: [JinjaText] = []
    let separator = arguments.value(0, "sep")
    if separator == nil || separator?.isNone == true {
      // White space of any length separates, and none stands at an end.
      var rest = text.scalars[...]
      if fromEnd {
        while let last = rest.lastIndex(where: { !$0.isPythonSpace }) {
          rest = rest[...last]
          guard left > 0, let space = rest.lastIndex(where: \.isPythonSpace) else {
            parts.append(JinjaText(Array(rest)))
            rest = []
            break
          }
          parts.append(JinjaText(Array(rest[(space + 1)...])))
          rest = rest[..<space]
          left -= 1
        }
        return parts.reversed().filter { !$0.isEmpty }.map(JinjaValue.text)
      }
      while let first = rest.firstIndex(where: { !$0.isPythonSpace }) {
        rest = rest[first...]
        guard left > 0, let space = rest.firstIndex(where: \.isPythonSpace) else {
          // The rest keeps its white space.
          parts.append(JinjaText(Array(rest)))
          break
        }
        parts.append(JinjaText(Array(rest[..<space])))
        rest = rest[space...]
        left -= 1
      }
      return parts.map(JinjaValue.text)
    }
    guard let separator = separator?.asText else { throw JinjaError.type("must be str or None") }
    guard !separator.isEmpty else { throw JinjaError.type("empty separator") }
    if fromEnd {
      var end = text.count
      while left > 0, let place = text.lastPlace(of: separator, in: 0..<end) {
        parts.append(JinjaText(Array(text.scalars[(place + separator.count)..<end])))
        end = place
        left -= 1
        try evaluator.step()
      }
      parts.append(JinjaText(Array(text.scalars[..<end])))
      return parts.reversed().map(JinjaValue.text)
    }
    var start = 0
    while left > 0, let place = text.firstPlace(of: separator, in: start..<text.count) {
      parts.append(JinjaText(Array(text.scalars[start..<place])))
      start = place + separator.count
      left -= 1
      try evaluator.step()
    }
    parts.append(JinjaText(Array(text.scalars[start...])))
    return parts.map(JinjaValue.text)
  }

  private static func parts(of text: JinjaText, around separator: JinjaText, fromEnd: Bool) -> [JinjaText] {
    let all = 0..<text.count
    guard let place = fromEnd ? text.lastPlace(of: separator, in: all) : text.firstPlace(of: separator, in: all) else {
      return fromEnd ? [JinjaText(), JinjaText(), text] : [text, JinjaText(), JinjaText()]
    }
    return [
      JinjaText(Array(text.scalars[..<place])), separator, JinjaText(Array(text.scalars[(place + separator.count)...])),
    ]
  }

  /// The range that a method's second and third argument name, as a slice does; nil where it lies behind the text.
  private static func range(_ arguments: JinjaArguments, of text: JinjaText) throws -> Range<Int>? {
    func bound(_ place: Int, _ usual: Int) throws -> Int {
      guard place < arguments.positional.count, !arguments.positional[place].isNone else { return usual }
      guard let bound = arguments.positional[place].asInteger else {
        throw JinjaError.type("slice indices must be integers or None")
      }
      return bound < 0 ? max(0, bound < -text.count ? 0 : bound + text.count) : bound
    }
    let start = try bound(1, 0), end = min(try bound(2, text.count), text.count)
    return start <= end ? start..<end : nil
  }

  private static func count(of wanted: JinjaText, in text: JinjaText, _ range: Range<Int>) -> Int {
    guard !wanted.isEmpty else { return range.count + 1 }
    var count = 0, start = range.lowerBound
    while start <= range.upperBound, let place = text.firstPlace(of: wanted, in: start..<range.upperBound) {
      count += 1
      start = place + wanted.count
    }
    return count
  }

  private static func hasEnd(_ text: JinjaText, _ isStart: Bool, _ arguments: JinjaArguments) throws -> Bool {
    guard let range = try range(arguments, of: text) else { return false }
    func has(_ value: JinjaValue) throws -> Bool {
      guard let end = value.asText else {
        throw JinjaError.type("first arg must be str or a tuple of str, not \(value.typeName)")
      }
      guard end.count <= range.count else { return false }
      return text.matches(end, at: isStart ? range.lowerBound : range.upperBound - end.count)
    }
    guard let wanted = arguments.positional.first else { throw JinjaError.type("an argument is missing") }
    if case .tuple(let ends) = wanted { return try ends.contains(where: has) }
    return try has(wanted)
  }

  // MARK: Forms

  private static func padded(
    _ name: String, _ text: JinjaText, _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws -> JinjaText {
    guard let width = arguments.value(0, "width")?.asInteger else { throw JinjaError.type("\(name)() needs a width") }
    try evaluator.check(making: width)
    let fill = arguments.positional.count > 1 ? arguments.positional[1].asText : " "
    guard let fill, fill.count == 1 else {
      throw JinjaError.type("The fill character must be exactly one character long")
    }
    let filling = JinjaText(Array(repeating: fill.scalars[0], count: max(0, width - text.count)))
    switch name {
    case "ljust": return text + filling
    case "rjust": return filling + text
    case "center": return JinjaEvaluator.centered(text, width, fill: fill.scalars[0])
    default:
      let zeros = JinjaText(Array(repeating: "0", count: max(0, width - text.count)))
      guard let sign = text.scalars.first, sign == "-" || sign == "+" else { return zeros + text }
      return JinjaText([sign]) + zeros + JinjaText(Array(text.scalars.dropFirst()))
    }
  }

  private static func tabsExpanded(_ text: JinjaText, _ size: Int, _ evaluator: JinjaEvaluator) throws -> JinjaText {
    var result = JinjaText(), column = 0
    for scalar in text.scalars {
      if scalar == "\t" {
        let count = size == 0 ? 0 : size - column % size
        result.scalars += Array(repeating: " ", count: count)
        column += count
      } else {
        result.scalars.append(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
      try evaluator.check(length: result.count)
    }
    return result
  }

  private static func titled(_ text: JinjaText) -> JinjaText {
    var result = JinjaText(), isStart = true
    for scalar in text.scalars {
      let mapped = isStart ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
      result.scalars.append(contentsOf: mapped.unicodeScalars)
      isStart = !scalar.properties.isCased
    }
    return result
  }

  private static func isTitled(_ text: JinjaText) -> Bool {
    var isStart = true, hasCased = false
    for scalar in text.scalars {
      let isUpper = scalar.properties.isUppercase || scalar.isTitlecase, isLower = scalar.properties.isLowercase
      if isUpper && !isStart || isLower && isStart { return false }
      isStart = !isUpper && !isLower
      hasCased = hasCased || !isStart
    }
    return hasCased
  }
}

extension Unicode.Scalar {
  fileprivate var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }

  fileprivate var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
