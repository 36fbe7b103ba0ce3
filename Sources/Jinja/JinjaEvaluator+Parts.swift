extension JinjaEvaluator {
  /// `object.name`: an attribute, which is a method of Python's own types, else a member.
  func attribute(_ name: String, of value: JinjaValue) throws -> JinjaValue {
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    if let attribute = try ownAttribute(name, of: value) { return attribute }
    if case .dictionary(let members) = value, let found = members[name] { return found }
    return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
  }

  /// `object[key]`: a member, else an attribute.
  func member(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
    if case .undefined(let what) = value { throw JinjaError.undefined(what) }
    try step(key.keySize / 8)
    if let member = element(key, of: value) { return member }
    guard let name = key.asText?.string else { return .undefined("a member of '\(value.typeName) object'") }
    return try ownAttribute(name, of: value) ?? .undefined("'\(value.typeName) object' has no attribute '\(name)'")
  }

  /// An attribute of an object, or a method; nil where there is none. Those of Python's inner works are never there.
  private func ownAttribute(_ name: String, of value: JinjaValue) throws -> JinjaValue? {
    guard !name.hasPrefix("_") else { return nil }
    if case .object(let object) = value { return try object.attribute(name) }
    return method(name, of: value)
  }

  private func element(_ key: JinjaValue, of value: JinjaValue) -> JinjaValue? {
    switch value {
    case .dictionary(let members): return members[key]
    case .list(let list), .tuple(let list): return Self.place(key, of: list.count).map { list[$0] }
    case .text(let text): return Self.place(key, of: text.count).map { .text(JinjaText([text.scalars[$0]])) }
    case .range(let range): return Self.place(key, of: range.count).map { .integer(range[$0]) }
    case .object(let group as JinjaGroup): return Self.place(key, of: 2).map { group.pair[$0] }
    case .undefined, .none, .boolean, .integer, .float, .object: return nil
    }
  }

  private static func place(_ key: JinjaValue, of count: Int) -> Int? {
    guard let index = key.asInteger else { return nil }
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  /// `object[start:end:step]`; a bound that is not written is `None`.
  func slice(
    _ value: JinjaValue, from start: JinjaValue, to end: JinjaValue, by step: JinjaValue
  ) throws -> JinjaValue {
    switch value {
    case .text, .list, .tuple, .range: break
    case .object(let group as JinjaGroup): return try slice(.tuple(group.pair), from: start, to: end, by: step)
    case .undefined(let what): throw JinjaError.undefined(what)
    case .none, .boolean, .integer, .float, .dictionary, .object:
      throw JinjaError.type("'\(value.typeName)' object can't be cut into slices")
    }
    guard [start, end, step].allSatisfy({ $0.isNone || $0.asInteger != nil }) else {
      throw JinjaError.type("slice indices must be integers or None")
    }
    let places = Slice(start: start.asInteger, end: end.asInteger, step: step.asInteger ?? 1)
    switch value {
    case .text(let text): return .text(JinjaText(try places.parts(of: text.scalars, self)))
    case .list(let list): return .list(try places.parts(of: list.elements, self))
    case .tuple(let list): return .tuple(try places.parts(of: list.elements, self))
    case .range(let range): return try places.part(of: range).map(JinjaValue.range) ?? value
    default: return value
    }
  }

  /// A slice's bounds, as Python reads them.
  private struct Slice {
    var start: Int?
    var end: Int?
    var step: Int

    /// The first place, what is stopped before, and the distance, within so many elements.
    func places(of count: Int) throws -> (first: Int, end: Int, stride: Int) {
      guard step != 0 else { throw JinjaError.type("slice step cannot be zero") }
      func clamped(_ bound: Int?, usual: Int) -> Int {
        guard let bound else { return usual }
        let place = bound < 0 ? max(bound, -count - 1) + count : bound
        return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
      }
      let first = clamped(start, usual: step > 0 ? 0 : count - 1)
      let end = clamped(end, usual: step > 0 ? count : -1)
      // The step may be larger than any distance.
      return (first, end, step > 0 ? min(step, count + 1) : max(step, -count - 1))
    }

    func parts<Part>(of parts: [Part], _ evaluator: JinjaEvaluator) throws -> [Part] {
      let (first, end, stride) = try places(of: parts.count)
      if stride == 1 {
        guard first < end else { return [] }
        try evaluator.check(making: end - first)
        return Array(parts[first..<end])
      }
      try evaluator.check(making: parts.count)
      var result: [Part] = [], place = first
      while stride > 0 ? place < end : place > end {
        result.append(parts[place])
        place += stride
      }
      return result
    }

    func part(of range: JinjaRange) throws -> JinjaRange? {
      let (first, end, stride) = try places(of: range.count)
      let (step, overflows) = range.step.multipliedReportingOverflow(by: stride)
      guard !overflows else { throw JinjaError.type("an integer of more than 64 bits") }
      func bound(_ place: Int) throws -> Int {
        let (distance, overflows) = range.step.multipliedReportingOverflow(by: place)
        let (bound, overflowsToo) = range.start.addingReportingOverflow(distance)
        guard !overflows, !overflowsToo else { throw JinjaError.type("an integer of more than 64 bits") }
        return bound
      }
      return JinjaRange(from: try bound(first), to: try bound(end), by: step)
    }
  }
}
