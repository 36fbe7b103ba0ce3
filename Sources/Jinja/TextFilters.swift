extension JinjaEvaluator {
  /// A filter that makes a text or counts in one; nil where it is none.
  func textFilter(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue? {
    switch name {
    case "string": return .text(try value.printed(self))
    case "safe": return .text(try value.printed(self).asMarkup)
    case "lower": return .text(try value.printed(self).lowercased)
    case "upper": return .text(try value.printed(self).uppercased)
    case "capitalize": return .text(try value.printed(self).capitalized)
    case "title": return .text(Self.titled(try value.printed(self)))
    case "trim":
      try arguments.check(name, ["chars"])
      return .text(Self.stripped(try value.printed(self), arguments.value(0, "chars")))
    case "replace": return .text(try replaced(value.printed(self), arguments))
    case "indent":
      if case .undefined(let what) = value { throw JinjaError.undefined(what) }
      guard let text = value.asText else { throw JinjaError.type("'\(value.typeName)' can't be indented") }
      return .text(try indented(text, arguments))
    case "center":
      try arguments.check(name, ["width"])
      guard let width = (arguments.value(0, "width") ?? .integer(80)).asInteger.map({ max(0, $0) }) else {
        throw JinjaError.type("center() needs a width")
      }
      try check(making: width)
      return .text(Self.centered(try value.printed(self), width))
    case "truncate":
      guard let text = value.asText else {
        let most = arguments.value(0, "length")?.asInteger ?? 255
        guard try length(of: value) <= most else { throw JinjaError.type("'\(value.typeName)' can't be truncated") }
        return value
      }
      return .text(try truncated(text, arguments))
    case "wordcount":
      let text = try value.printed(self)
      let words = text.scalars.split { !($0.properties.isAlphabetic || $0 == "_" || $0.properties.numericType != nil) }
      return .integer(words.count)
    case "format":
      let format = PercentFormat(try value.printed(self))
      guard arguments.named.isEmpty else {
        var members = JinjaDictionary()
        for (name, value) in arguments.named { _ = members.set(.string(name), value) }
        return .text(try format.text(of: .dictionary(members), self))
      }
      return .text(try format.text(of: .tuple(arguments.positional), self))
    case "e", "escape": return .text(try value.printed(self).escaped)
    case "forceescape": return .text(JinjaText(try value.printed(self).scalars).escaped)
    default: return nil
    }
  }

  /// Python's `strip` of some characters; of white space where none are given.
  static func stripped(
    _ text: JinjaText, _ characters: JinjaValue?, start: Bool = true, end: Bool = true
  ) -> JinjaText {
    guard let characters = characters?.asText else {
      return text.trimmed(start: start, end: end, where: \.isPythonSpace)
    }
    let set = Set(characters.scalars)
    return text.trimmed(start: start, end: end) { set.contains($0) }
  }

  /// Words begin behind white space, hyphens and opening brackets.
  private static func titled(_ text: JinjaText) -> JinjaText {
    var result = JinjaText(), isStart = true
    for scalar in text.scalars {
      let mapped = isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
      result.scalars.append(contentsOf: mapped.unicodeScalars)
      isStart = scalar.isPythonSpace || "-([{<".unicodeScalars.contains(scalar)
    }
    return result
  }

  private func replaced(_ text: JinjaText, _ arguments: JinjaArguments) throws -> JinjaText {
    try arguments.check("replace", ["old", "new", "count"], atLeast: 2)
    guard let old = arguments.value(0, "old"), let new = arguments.value(1, "new") else { return text }
    return try replaced(
      text, old.printed(self), new.printed(self), atMost: arguments.value(2, "count")?.asInteger ?? -1)
  }

  /// Python's `replace`; below 0 all are replaced.
  func replaced(_ text: JinjaText, _ old: JinjaText, _ new: JinjaText, atMost count: Int) throws -> JinjaText {
    try step((text.count + old.count) / 4)
    let most = count < 0 ? Int.max : count
    // Between all scalars where the old text is empty.
    let places =
      old.isEmpty
      ? Array((0...text.count).prefix(most))
      : TextSearch(old.scalars).places(in: text.scalars, 0..<text.count, atMost: most)
    // Neither product is larger than the square of what fits into a text.
    try check(making: text.count - places.count * old.count + places.count * new.count)
    var result = JinjaText(), start = 0
    for place in places {
      result.scalars += text.scalars[start..<place]
      result.scalars += new.scalars
      start = place + old.count
    }
    result.scalars += text.scalars[start...]
    return result
  }

  private func indented(_ text: JinjaText, _ arguments: JinjaArguments) throws -> JinjaText {
    try arguments.check("indent", ["width", "first", "blank"])
    let width = arguments.value(0, "width") ?? .integer(4)
    let indention: JinjaText
    if let own = width.asText {
      indention = own
    } else {
      guard let count = width.asInteger else { throw JinjaError.type("indent() needs a width") }
      try check(making: count)
      indention = JinjaText(Array(repeating: " ", count: max(0, count)))
    }
    let indentsFirst = arguments.value(1, "first")?.isTrue ?? false
    let indentsBlank = arguments.value(2, "blank")?.isTrue ?? false
    let lines = (text + "\n").lines
    var result = indentsFirst ? indention : JinjaText()
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result.scalars.append("\n")
        if indentsBlank || !line.isEmpty { result.scalars += indention.scalars }
      }
      result.scalars += line.scalars
      try check(length: result.count)
    }
    try check(making: result.count)
    return result
  }

  /// Python's `center`: of an odd number of blanks the extra one stands right for even widths, left for odd.
  static func centered(_ text: JinjaText, _ width: Int, fill: Unicode.Scalar = " ") -> JinjaText {
    let missing = width - text.count
    guard missing > 0 else { return text }
    let left = missing / 2 + (missing & width & 1)
    return JinjaText(Array(repeating: fill, count: left) + text.scalars + Array(repeating: fill, count: missing - left))
  }

  private func truncated(_ text: JinjaText, _ arguments: JinjaArguments) throws -> JinjaText {
    try arguments.check("truncate", ["length", "killwords", "end", "leeway"])
    let length = arguments.value(0, "length")?.asInteger ?? 255
    let cutsWords = arguments.value(1, "killwords")?.isTrue ?? false
    let end = try arguments.value(2, "end")?.printed(self) ?? "..."
    let leeway = arguments.value(3, "leeway")?.asInteger ?? 5
    guard length >= end.count, leeway >= 0, length < limits.length, leeway < limits.length else {
      throw JinjaError.type("expected length >= \(end.count), got \(length)")
    }
    if text.count <= length + leeway { return text }
    let start = JinjaText(Array(text.scalars.prefix(length - end.count)))
    if cutsWords { return start + end }
    let space = start.scalars.lastIndex(of: " ") ?? start.count
    return JinjaText(Array(start.scalars.prefix(space))) + end
  }
}
