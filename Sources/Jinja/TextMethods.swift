/// The methods of Python's `str`.
enum TextMethods {
  /// How many arguments each method takes. Few can be named.
  static let counts: [String: ClosedRange<Int>] = [
    "capitalize": 0...0, "casefold": 0...0, "center": 1...2, "count": 1...3, "endswith": 1...3, "expandtabs": 0...1,
    "find": 1...3, "format": 0...Int.max, "index": 1...3, "isalnum": 0...0, "isalpha": 0...0, "isascii": 0...0,
    "isdecimal": 0...0, "isdigit": 0...0, "islower": 0...0, "isnumeric": 0...0, "isspace": 0...0, "istitle": 0...0,
    "isupper": 0...0, "join": 1...1, "ljust": 1...2, "lower": 0...0, "lstrip": 0...1, "partition": 1...1,
    "removeprefix": 1...1, "removesuffix": 1...1, "replace": 2...3, "rfind": 1...3, "rindex": 1...3, "rjust": 1...2,
    "rpartition": 1...1, "rsplit": 0...2, "rstrip": 0...1, "split": 0...2, "splitlines": 0...1, "startswith": 1...3,
    "strip": 0...1, "swapcase": 0...0, "title": 0...0, "upper": 0...0, "zfill": 1...1,
  ]

  /// What a method gives.
  static func call(
    _ name: String, on text: JinjaText, _ arguments: JinjaArguments, takes counts: ClosedRange<Int>,
    _ evaluator: JinjaEvaluator
  ) throws -> JinjaValue {
    try evaluator.step(1 + text.count / 4)
    switch name {
    case "split", "rsplit": try arguments.check(name, ["sep", "maxsplit"])
    case "splitlines": try arguments.check(name, ["keepends"])
    case "expandtabs": try arguments.check(name, ["tabsize"])
    case "format": break
    default: try arguments.check(name, counts)
    }
    func argument(_ place: Int, _ key: String) throws -> JinjaText {
      guard let value = arguments.value(place, key) else { throw JinjaError.type("\(name)() needs an argument") }
      guard let text = value.asText else { throw JinjaError.type("must be str, not \(value.typeName)") }
      return text
    }
    func integer(_ place: Int, _ key: String, usual: Int) throws -> Int {
      guard let value = arguments.value(place, key) else { return usual }
      guard let integer = value.asInteger else {
        throw JinjaError.type("'\(value.typeName)' object cannot be interpreted as an integer")
      }
      return integer
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
    case "split", "rsplit":
      return .list(
        try TextSplitting.parts(
          of: text, at: arguments.value(0, "sep") ?? .none, atMost: integer(1, "maxsplit", usual: -1),
          fromEnd: name == "rsplit", evaluator
        ).map(JinjaValue.text))
    case "splitlines":
      let keepsEnds = arguments.value(0, "keepends")?.isTrue ?? false
      return .list((keepsEnds ? text.linesWithEnds : text.lines).map(JinjaValue.text))
    case "partition", "rpartition":
      let separator = try argument(0, "sep")
      guard !separator.isEmpty else { throw JinjaError.type("empty separator") }
      return .tuple(
        TextSplitting.parts(of: text, around: separator, fromEnd: name == "rpartition").map(JinjaValue.text))
    case "startswith", "endswith":
      return .boolean(try hasEnd(text, name == "startswith", arguments))
    case "removeprefix":
      let prefix = try argument(0, "prefix")
      return .text(text.matches(prefix, at: 0) ? JinjaText(Array(text.scalars.dropFirst(prefix.count))) : text)
    case "removesuffix":
      let suffix = try argument(0, "suffix")
      let isThere = !suffix.isEmpty && text.matches(suffix, at: text.count - suffix.count)
      return .text(isThere ? JinjaText(Array(text.scalars.dropLast(suffix.count))) : text)
    case "find", "rfind", "index", "rindex":
      let wanted = try argument(0, "sub"), range = try arguments.range(from: 1, of: text.count)
      let place = range.flatMap { range -> Int? in
        guard name.hasPrefix("r") else { return text.firstPlace(of: wanted, in: range) }
        return wanted.isEmpty ? range.upperBound : text.lastPlaces(of: wanted, in: range, atMost: 1).first
      }
      if place == nil, name.hasSuffix("index") { throw JinjaError.type("substring not found") }
      return .integer(place ?? -1)
    case "count":
      let wanted = try argument(0, "sub")
      guard let range = try arguments.range(from: 1, of: text.count) else { return .integer(0) }
      guard !wanted.isEmpty else { return .integer(range.count + 1) }
      return .integer(TextSearch(wanted.scalars).places(in: text.scalars, range).count)
    case "replace":
      return .text(
        try evaluator.replaced(
          text, argument(0, "old"), argument(1, "new"), atMost: integer(2, "count", usual: -1)))
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
      let size = try integer(0, "tabsize", usual: 8)
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

  private static func hasEnd(_ text: JinjaText, _ isStart: Bool, _ arguments: JinjaArguments) throws -> Bool {
    guard let range = try arguments.range(from: 1, of: text.count) else { return false }
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
    guard let width = arguments.positional[0].asInteger.map({ max(0, $0) }) else {
      throw JinjaError.type("\(name)() needs a width")
    }
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
    try evaluator.check(making: result.count)
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
