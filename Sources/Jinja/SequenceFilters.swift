extension JinjaEvaluator {
  /// A filter of elements; nil where it is none.
  func sequenceFilter(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue? {
    switch name {
    case "length", "count": return .integer(try length(of: value))
    case "list": return .list(try elements(of: value))
    case "first":
      if case .object(let object) = value, let generator = object as? JinjaGenerator {
        return generator.next() ?? .undefined("No first item, sequence was empty.")
      }
      return try elements(of: value).first ?? .undefined("No first item, sequence was empty.")
    case "last":
      if case .object(let object) = value { throw JinjaError.type("'\(object.typeName)' object is not reversible") }
      return try elements(of: value).last ?? .undefined("No last item, sequence was empty.")
    case "reverse":
      if case .text(let text) = value { return .text(JinjaText(text.scalars.reversed())) }
      return .object(JinjaGenerator(try elements(of: value).reversed()))
    case "join": return .text(try joined(value, arguments))
    case "map": return .object(JinjaGenerator(try mapped(value, arguments)))
    case "select", "reject":
      let selected = try (value.isTrue ? elements(of: value) : []).filter {
        try passes($0, arguments) == (name == "select")
      }
      return .object(JinjaGenerator(selected))
    case "selectattr", "rejectattr":
      guard let attribute = arguments.positional.first else {
        throw JinjaError.type("Missing parameter for attribute name")
      }
      var rest = arguments
      rest.positional.removeFirst()
      let selected = try (value.isTrue ? elements(of: value) : []).filter {
        try passes(self.attribute(attribute, of: $0), rest) == (name == "selectattr")
      }
      return .object(JinjaGenerator(selected))
    case "sort": return .list(try sorted(value, arguments))
    case "dictsort": return try sortedMembers(value, arguments)
    case "groupby": return try grouped(value, arguments)
    case "unique": return .object(JinjaGenerator(try unique(value, arguments)))
    case "min", "max": return try extreme(value, arguments, isLess: name == "min")
    case "sum": return try sum(value, arguments)
    case "batch": return .object(JinjaGenerator(try batches(value, arguments)))
    case "slice": return .object(JinjaGenerator(try slices(value, arguments)))
    case "items":
      if value.isUndefined { return .object(JinjaGenerator([])) }
      guard case .dictionary(let members) = value else {
        throw JinjaError.type("Can only get item pairs from a mapping.")
      }
      return .object(JinjaGenerator(members.members.map { .tuple([$0.key, $0.value]) }))
    default: return nil
    }
  }

  func length(of value: JinjaValue) throws -> Int {
    switch value {
    case .text(let text): return text.count
    case .list(let elements), .tuple(let elements): return elements.count
    case .dictionary(let members): return members.count
    case .range(let range): return range.count
    case .undefined: return 0
    case .object(let object):
      guard let loop = object as? JinjaLoop, case .integer(let count)? = loop.attribute("length") else { fallthrough }
      return count
    case .none, .boolean, .integer, .float: throw JinjaError.type("object of type '\(value.typeName)' has no len()")
    }
  }

  private func joined(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaText {
    try arguments.check("join", ["d", "attribute"])
    let separator = try arguments.value(0, "d")?.printed(self) ?? ""
    var result = JinjaText()
    for (index, element) in try elements(of: value).enumerated() {
      if index > 0 { result.scalars += separator.scalars }
      let part = try arguments.value(1, "attribute").map { try attribute($0, of: element) } ?? element
      result.scalars += try part.printed(self).scalars
      try check(length: result.count)
    }
    try check(making: result.count)
    return result
  }

  private func mapped(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    let all = value.isTrue ? try elements(of: value) : []
    if arguments.positional.isEmpty {
      guard let attribute = arguments.named.first(where: { $0.name == "attribute" })?.value else {
        throw JinjaError.type("map requires a filter argument")
      }
      let usual = arguments.named.first { $0.name == "default" }?.value
      if let other = arguments.named.first(where: { !["attribute", "default"].contains($0.name) }) {
        throw JinjaError.type("Unexpected keyword argument '\(other.name)'")
      }
      return try all.map { try self.attribute(attribute, of: $0, usual: usual) }
    }
    let name = try arguments.positional[0].printed(self).string
    var rest = arguments
    rest.positional.removeFirst()
    return try all.map { try filter(name, $0, rest) }
  }

  /// Whether a value passes the test that arguments name; its truth where they name none.
  private func passes(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> Bool {
    try step()
    guard let name = arguments.positional.first else { return value.isTrue }
    var rest = arguments
    rest.positional.removeFirst()
    return try test(name.printed(self).string, value, rest)
  }

  /// An attribute by its path, `a.b.0`.
  private func attribute(
    _ path: JinjaValue, of value: JinjaValue, usual: JinjaValue? = nil
  ) throws -> JinjaValue {
    guard let text = path.asText else { return try member(path, of: value) }
    var value = value
    for part in text.scalars.split(separator: ".", omittingEmptySubsequences: false) {
      let name = JinjaText(Array(part))
      let isNumber = !name.isEmpty && name.scalars.allSatisfy { ("0"..."9").contains($0) }
      value = try member(isNumber ? Int(name.string).map(JinjaValue.integer) ?? .text(name) : .text(name), of: value)
      if let usual, value.isUndefined { value = usual }
    }
    return value
  }

  // MARK: Order

  /// What sorting compares: texts without case, unless that is asked for.
  private func key(
    _ value: JinjaValue, _ attribute: JinjaValue?, isCaseSensitive: Bool
  ) throws -> JinjaValue {
    let key = try attribute.flatMap { $0.isNone ? nil : try self.attribute($0, of: value) } ?? value
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
        if try left.element.key.isLess(than: right.element.key) { return true }
        if try right.element.key.isLess(than: left.element.key) { return false }
      } catch { failure = error }
      return left.offset < right.offset
    }
    if let failure { throw failure }
    let values = sorted.map(\.element.value)
    return isReversed ? values.reversed() : values
  }

  private func sorted(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
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

  private func sortedMembers(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
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

  private func grouped(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
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
      if let last = groups.indices.last, groups[last].key.isEqual(to: key) {
        groups[last].elements.append(parts[1])
      } else {
        groups.append((key, parts[0], [parts[1]]))
      }
    }
    // Python's are tuples with names: both ways of access are there.
    return .list(groups.map { .object(JinjaGroup(grouper: $0.real, list: $0.elements)) })
  }

  private func unique(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("unique", ["case_sensitive", "attribute"])
    let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
    var seen = JinjaDictionary(), result: [JinjaValue] = []
    for element in try elements(of: value) {
      let key = try key(element, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
      if seen[key] != nil { continue }
      guard seen.set(key, .none) else { throw JinjaError.type("unhashable type: '\(key.typeName)'") }
      result.append(element)
    }
    return result
  }

  private func extreme(_ value: JinjaValue, _ arguments: JinjaArguments, isLess: Bool) throws -> JinjaValue {
    try arguments.check("min", ["case_sensitive", "attribute"])
    let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
    let all = try elements(of: value)
    guard var best = all.first else { return .undefined("No aggregated item, sequence was empty.") }
    var bestKey = try key(best, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
    for element in all.dropFirst() {
      let key = try key(element, arguments.value(1, "attribute"), isCaseSensitive: isCaseSensitive)
      if try isLess ? key.isLess(than: bestKey) : bestKey.isLess(than: key) { (best, bestKey) = (element, key) }
    }
    return best
  }

  private func sum(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
    try arguments.check("sum", ["attribute", "start"])
    var result = arguments.value(1, "start") ?? .integer(0)
    for element in try elements(of: value) {
      let part = try arguments.value(0, "attribute").flatMap { $0.isNone ? nil : try attribute($0, of: element) }
      result = try Arithmetic.result("+", result, part ?? element, self)
    }
    return result
  }

  private func batches(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("batch", ["linecount", "fill_with"], atLeast: 1)
    guard let size = arguments.value(0, "linecount")?.asInteger, size > 0 else {
      throw JinjaError.type("batch() needs a number")
    }
    let all = try elements(of: value)
    var result: [[JinjaValue]] = stride(from: 0, to: all.count, by: size).map {
      Array(all[$0..<min($0 + min(size, all.count), all.count)])
    }
    if let fill = arguments.value(1, "fill_with"), !fill.isNone, let last = result.indices.last {
      try check(making: size)
      result[last] += Array(repeating: fill, count: size - result[last].count)
    }
    return result.map(JinjaValue.list)
  }

  private func slices(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("slice", ["slices", "fill_with"], atLeast: 1)
    guard let count = arguments.value(0, "slices")?.asInteger, count > 0 else {
      throw JinjaError.type("slice() needs a number")
    }
    try check(making: count)
    let all = try elements(of: value)
    let size = all.count / count, more = all.count % count
    var place = 0
    return (0..<count).map { index in
      let end = place + size + (index < more ? 1 : 0)
      defer { place = end }
      var part = Array(all[place..<end])
      if let fill = arguments.value(1, "fill_with"), !fill.isNone, index >= more { part.append(fill) }
      return .list(part)
    }
  }
}

/// A group of `groupby`.
final class JinjaGroup: JinjaObject {
  private let grouper: JinjaValue
  private let list: [JinjaValue]

  init(grouper: JinjaValue, list: [JinjaValue]) {
    self.grouper = grouper
    self.list = list
  }

  override var typeName: String { "_GroupTuple" }

  /// The group as the pair that it also is.
  var pair: [JinjaValue] { [grouper, .list(list)] }

  override func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "grouper": grouper
    case "list": .list(list)
    default: nil
    }
  }
}
