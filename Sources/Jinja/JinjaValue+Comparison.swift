extension JinjaValue {
  /// Python's `==`.
  func isEqual(to other: JinjaValue, _ evaluator: JinjaEvaluator) throws -> Bool {
    try evaluator.step()
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let left), .text(let right)):
      guard left.count == right.count else { return false }
      try evaluator.step(left.count / 16)
      return left == right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      guard left.count == right.count else { return false }
      for (mine, theirs) in zip(left, right) where try !mine.isEqual(to: theirs, evaluator) { return false }
      return true
    case (.dictionary(let left), .dictionary(let right)):
      guard left.count == right.count else { return false }
      for (key, value) in left.members {
        try evaluator.step(key.keySize / 8)
        guard let theirs = right[key], try value.isEqual(to: theirs, evaluator) else { return false }
      }
      return true
    case (.range(let left), .range(let right)):
      return left.count == right.count
        && (left.count == 0 || left.start == right.start && (left.count == 1 || left.step == right.step))
    case (.object(let left), .object(let right)):
      if let left = left as? JinjaGroup, let right = right as? JinjaGroup {
        return try JinjaValue.tuple(left.pair).isEqual(to: .tuple(right.pair), evaluator)
      }
      return left === right
    default:
      if let left = asInteger, let right = other.asInteger { return left == right }
      return compared(with: other) == .same
    }
  }

  private enum Order { case less, same, more, none }

  /// How two numbers stand; nil where one is none. An integer is compared with a float as it is, not as a float.
  private func compared(with other: JinjaValue) -> Order? {
    func order<Number: Comparable>(_ left: Number, _ right: Number) -> Order {
      left < right ? .less : left > right ? .more : left == right ? .same : .none
    }
    switch (asInteger, other.asInteger, asDouble, other.asDouble) {
    case (let left?, let right?, _, _): return order(left, right)
    case (let left?, nil, _, let right?):
      guard right.isFinite, abs(right) < 0x1p63 else { return order(0, right) }
      let whole = right.rounded(.down)
      return left == Int(whole) ? (right > whole ? .less : .same) : order(left, Int(whole))
    case (nil, _?, let left?, _):
      guard let reverse = other.compared(with: .float(left)) else { return nil }
      return reverse == .less ? .more : reverse == .more ? .less : reverse
    case (nil, nil, let left?, let right?): return order(left, right)
    default: return nil
    }
  }

  /// Python's `<`, `<=`, `>` and `>=`.
  /// - Throws: ``JinjaError/type(_:)`` for values that have no order.
  func isOrdered(_ sign: String, to other: JinjaValue, _ evaluator: JinjaEvaluator) throws -> Bool {
    try evaluator.step()
    switch (self, other) {
    case (.undefined(let what), _), (_, .undefined(let what)): throw JinjaError.undefined(what)
    case (.text(let left), .text(let right)):
      try evaluator.step(min(left.count, right.count) / 16)
      if sign.hasSuffix("="), left == right { return true }
      return sign.hasPrefix("<")
        ? left.scalars.lexicographicallyPrecedes(right.scalars) : right.scalars.lexicographicallyPrecedes(left.scalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (mine, theirs) in zip(left, right) where try !mine.isEqual(to: theirs, evaluator) {
        return try mine.isOrdered(sign, to: theirs, evaluator)
      }
      return try JinjaValue.integer(left.count).isOrdered(sign, to: .integer(right.count), evaluator)
    case (.object(let left as JinjaGroup), .object(let right as JinjaGroup)):
      return try JinjaValue.tuple(left.pair).isOrdered(sign, to: .tuple(right.pair), evaluator)
    default:
      guard let order = compared(with: other) else {
        throw JinjaError.type(
          "'\(sign)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
      }
      return order == .same && sign.hasSuffix("=") || order == (sign.hasPrefix("<") ? .less : .more)
    }
  }

  /// Python's `in`.
  func isMember(of container: JinjaValue, _ evaluator: JinjaEvaluator) throws -> Bool {
    switch container {
    case .text(let text):
      guard let part = asText else {
        throw JinjaError.type("'in <string>' requires string as left operand, not \(typeName)")
      }
      try evaluator.step((text.count + part.count) / 8)
      return text.firstPlace(of: part) != nil
    case .list(let list), .tuple(let list): return try list.contains { try isEqual(to: $0, evaluator) }
    case .dictionary(let members):
      guard JinjaKey(self) != nil else { throw JinjaError.type("unhashable type: '\(typeName)'") }
      try evaluator.step(keySize / 8)
      return members[self] != nil
    case .range(let range): return asDouble.flatMap(Int.init(exactly:)).map(range.contains) ?? false
    case .undefined: return false
    case .object(let object):
      if let elements = try object.elements(evaluator) {
        return try elements.contains { try isEqual(to: $0, evaluator) }
      }
      fallthrough
    case .none, .boolean, .integer, .float:
      throw JinjaError.type("argument of type '\(container.typeName)' is not iterable")
    }
  }
}
