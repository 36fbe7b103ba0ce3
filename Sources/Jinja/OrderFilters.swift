extension JinjaEvaluator {
  /// What sorting compares: texts without case, unless that is asked for.
  private func key(
    _ value: JinjaValue, _ attribute: JinjaValue?, isCaseSensitive: Bool
  ) throws -> JinjaValue {
    let key = try attribute.flatMap { $0.isNone ? nil : try self.attribute($0, of: value) } ?? value
    try step(1 + key.size / 3)
    guard !isCaseSensitive, let text = key.asText else { return key }
    return .text(text.lowercased)
  }

  /// Elements in the order of their keys, equal ones as they were.
  private func sorted(
    _ elements: [(key: JinjaValue, value: JinjaValue)], isReversed: Bool
  ) throws -> [JinjaValue] {
    try step(elements.count)
    // Of a reversed order too, equal ones stay as they were.
    let order = isReversed ? Array(elements.reversed()) : elements
    var failure: (any Error)?
    let sorted = order.enumerated().sorted { left, right in
      guard failure == nil else { return left.offset < right.offset }
      do {
        if try left.element.key.isOrdered("<", to: right.element.key, self) { return true }
        if try right.element.key.isOrdered("<", to: left.element.key, self) { return false }
      } catch { failure = error }
      return left.offset < right.offset
    }
    if let failure { throw failure }
    let values = sorted.map(\.element.value)
    return isReversed ? values.reversed() : values
  }

  func sorted(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("sort", ["reverse", "case_sensitive", "attribute"])
    let isCaseSensitive = arguments.value(1, "case_sensitive")?.isTrue ?? false
    let attributes = arguments.value(2, "attribute").map { attribute -> [JinjaValue] in
      guard let text = attribute.asText else { return [attribute] }
      return text.scalars.split(separator: ",", omittingEmptySubsequences: false).map { .text(JinjaText(Array($0))) }
    }
    let keyed = try elements(of: value).map { element -> (key: JinjaValue, value: JinjaValue) in
      guard let attributes else { return (try key(element, nil, isCaseSensitive: isCaseSensitive), element) }
      return (
        .list(try attributes.map { try key(element, $0, isCaseSensitive: isCaseSensitive) }), element
      )
    }
    return try sorted(keyed, isReversed: arguments.value(0, "reverse")?.isTrue ?? false)
  }

  func sortedMembers(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("dictsort", ["case_sensitive", "by", "reverse"])
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    guard case .dictionary(let members) = value else {
      throw JinjaError.type("'\(value.typeName)' object has no attribute 'items'")
    }
    let by = try arguments.value(1, "by")?.printed(self).string ?? "key"
    guard by == "key" || by == "value" else {
      throw JinjaError.type("You can only sort by either \"key\" or \"value\"")
    }
    let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
    let keyed = try members.members.map { member in
      (
        key: try key(by == "key" ? member.key : member.value, nil, isCaseSensitive: isCaseSensitive),
        value: JinjaValue.tuple([member.key, member.value])
      )
    }
    return .list(try sorted(keyed, isReversed: arguments.value(2, "reverse")?.isTrue ?? false))
  }

  func grouped(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("groupby", ["attribute", "default", "case_sensitive"], atLeast: 1)
    guard let path = arguments.value(0, "attribute") else { return .list([]) }
    let usual = arguments.value(1, "default")
    let isCaseSensitive = arguments.value(2, "case_sensitive")?.isTrue ?? false
    let keyed = try elements(of: value).map { element -> (key: JinjaValue, value: JinjaValue) in
      let real = try attribute(path, of: element, usual: usual)
      return (try key(real, nil, isCaseSensitive: isCaseSensitive), .tuple([real, element]))
    }
    var groups: [(key: JinjaValue, real: JinjaValue, elements: [JinjaValue])] = []
    for pair in try sorted(keyed, isReversed: false) {
      guard case .tuple(let parts) = pair else { continue }
      let key = try key(parts[0], nil, isCaseSensitive: isCaseSensitive)
      if let last = groups.indices.last, try groups[last].key.isEqual(to: key, self) {
        groups[last].elements.append(parts[1])
      } else {
        groups.append((key, parts[0], [parts[1]]))
      }
    }
    // Python's are tuples with names: both ways of access are there.
    return .list(groups.map { .object(JinjaGroup(grouper: $0.real, list: $0.elements)) })
  }

  func unique(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("unique", ["case_sensitive", "attribute"])
    let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
    var seen = JinjaDictionary(), result: [JinjaValue] = []
    for element in try elements(of: value) {
      let key = try key(element, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
      try step(2 + key.keySize / 3)
      if seen[key] != nil { continue }
      guard seen.set(key, .none) else { throw JinjaError.type("unhashable type: '\(key.typeName)'") }
      result.append(element)
    }
    return result
  }

  func extreme(_ value: JinjaValue, _ arguments: JinjaArguments, isLess: Bool) throws -> JinjaValue {
    try arguments.check("min", ["case_sensitive", "attribute"])
    let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
    let all = try elements(of: value)
    guard var best = all.first else { return .undefined("No aggregated item, sequence was empty.") }
    var bestKey = try key(best, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
    for element in all.dropFirst() {
      let key = try key(element, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
      if try key.isOrdered(isLess ? "<" : ">", to: bestKey, self) { (best, bestKey) = (element, key) }
    }
    return best
  }

  func sum(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("sum", ["attribute", "start"])
    var result = arguments.value(1, "start") ?? .integer(0)
    for element in try elements(of: value) {
      try step()
      let part = try arguments.value(0, "attribute").flatMap { $0.isNone ? nil : try attribute($0, of: element) }
      result = try Arithmetic.result("+", result, part ?? element, self)
    }
    return result
  }
}
