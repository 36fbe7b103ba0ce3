/// Python's `split`, `rsplit` and `partition`.
enum TextSplitting {
  /// The parts of a text around a separator, or around white space where that is `None`.
  /// - Parameter most: How many times the text is cut; below 0 there is no bound.
  static func parts(
    of text: JinjaText, at separator: JinjaValue, atMost most: Int, fromEnd: Bool, _ evaluator: JinjaEvaluator
  ) throws -> [JinjaText] {
    let most = most < 0 ? Int.max : most
    if separator.isNone {
      let parts = fromEnd ? words(fromEnd: text.scalars, most) : words(text.scalars, most)
      try evaluator.check(making: parts.count * 8)
      return parts
    }
    guard let separator = separator.asText else { throw JinjaError.type("must be str or None") }
    guard !separator.isEmpty else { throw JinjaError.type("empty separator") }
    let all = 0..<text.count
    let places =
      fromEnd
      ? text.lastPlaces(of: separator, in: all, atMost: most).reversed()
      : TextSearch(separator.scalars).places(in: text.scalars, all, atMost: most)
    try evaluator.check(making: places.count * 8)
    var parts: [JinjaText] = [], start = 0
    for place in places {
      parts.append(JinjaText(Array(text.scalars[start..<place])))
      start = place + separator.count
    }
    return parts + [JinjaText(Array(text.scalars[start...]))]
  }

  /// What stands between white space, of which none stands at an end; what is left behind the last cut keeps its own.
  private static func words(_ scalars: [Unicode.Scalar], _ most: Int) -> [JinjaText] {
    var parts: [JinjaText] = [], rest = scalars[...]
    while let first = rest.firstIndex(where: { !$0.isPythonSpace }) {
      rest = rest[first...]
      guard parts.count < most, let space = rest.firstIndex(where: \.isPythonSpace) else {
        return parts + [JinjaText(Array(rest))]
      }
      parts.append(JinjaText(Array(rest[..<space])))
      rest = rest[space...]
    }
    return parts
  }

  /// The same, cut from the end.
  private static func words(fromEnd scalars: [Unicode.Scalar], _ most: Int) -> [JinjaText] {
    var parts: [JinjaText] = [], rest = scalars[...]
    while let last = rest.lastIndex(where: { !$0.isPythonSpace }) {
      rest = rest[...last]
      guard parts.count < most, let space = rest.lastIndex(where: \.isPythonSpace) else {
        parts.append(JinjaText(Array(rest)))
        break
      }
      parts.append(JinjaText(Array(rest[(space + 1)...])))
      rest = rest[..<space]
    }
    return parts.reversed()
  }

  /// What stands before, in, and behind a separator; empty texts where it is not there.
  static func parts(of text: JinjaText, around separator: JinjaText, fromEnd: Bool) -> [JinjaText] {
    let all = 0..<text.count
    let place =
      fromEnd ? text.lastPlaces(of: separator, in: all, atMost: 1).first : text.firstPlace(of: separator, in: all)
    guard let place else { return fromEnd ? [JinjaText(), JinjaText(), text] : [text, JinjaText(), JinjaText()] }
    return [
      JinjaText(Array(text.scalars[..<place])), separator, JinjaText(Array(text.scalars[(place + separator.count)...])),
    ]
  }
}
