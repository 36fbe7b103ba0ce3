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
      if case .object(let object) = value, !(object is JinjaView || object is JinjaGroup) {
        throw JinjaError.type("'\(object.typeName)' object is not reversible")
      }
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
      if let count = try object.count() { return count }
      fallthrough
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
  func attribute(
    _ path: JinjaValue, of value: JinjaValue, usual: JinjaValue? = nil
  ) throws -> JinjaValue {
    guard let text = path.asText else { return try member(path, of: value) }
    var value = value
    try step(text.count)
    for part in text.scalars.split(separator: ".", omittingEmptySubsequences: false) {
      let name = JinjaText(Array(part))
      let isNumber = !name.isEmpty && name.scalars.allSatisfy { ("0"..."9").contains($0) }
      value = try member(isNumber ? Int(name.string).map(JinjaValue.integer) ?? .text(name) : .text(name), of: value)
      if let usual, value.isUndefined { value = usual }
    }
    return value
  }

  private func batches(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("batch", ["linecount", "fill_with"], atLeast: 1)
    guard let size = arguments.value(0, "linecount")?.asInteger, size > 0 else {
      throw JinjaError.type("batch() needs a number")
    }
    let all = try elements(of: value), width = min(size, max(1, all.count))
    try check(making: all.count)
    try step(2 * all.count / width)
    var result = stride(from: 0, to: all.count, by: width).map { Array(all[$0..<min($0 + width, all.count)]) }
    if let fill = arguments.value(1, "fill_with"), !fill.isNone, let last = result.indices.last {
      try check(making: size)
      result[last] += Array(repeating: fill, count: size - result[last].count)
    }
    return result.map { .list($0) }
  }

  private func slices(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> [JinjaValue] {
    try arguments.check("slice", ["slices", "fill_with"], atLeast: 1)
    guard let count = arguments.value(0, "slices")?.asInteger, count > 0 else {
      throw JinjaError.type("slice() needs a number")
    }
    try check(making: count)
    try step(count)
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
