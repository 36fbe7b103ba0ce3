extension JinjaValue {
  /// Python's `==`.
  func isEqual(to other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let left), .text(let right)): return left == right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
    case (.dictionary(let left), .dictionary(let right)):
      return left.count == right.count
        && left.members.allSatisfy { member in right[member.key].map { member.value.isEqual(to: $0) } ?? false }
    case (.range(let left), .range(let right)):
      return left.count == right.count
        && (left.count == 0 || left.start == right.start && (left.count == 1 || left.step == right.step))
    case (.object(let left), .object(let right)): return left === right
    default:
      if let left = asInteger, let right = other.asInteger { return left == right }
      if let left = asDouble, let right = other.asDouble { return left == right }
      return false
    }
  }

  /// Python's `<`.
  /// - Throws: ``JinjaError/type(_:)`` for values that have no order.
  func isLess(than other: JinjaValue, _ sign: String = "<") throws -> Bool {
    switch (self, other) {
    case (.text(let left), .text(let right)):
      return left.scalars.lexicographicallyPrecedes(right.scalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (mine, theirs) in zip(left, right) where !mine.isEqual(to: theirs) {
        return try mine.isLess(than: theirs, sign)
      }
      return left.count < right.count
    case (.undefined(let what), _), (_, .undefined(let what)): throw JinjaError.undefined(what)
    default:
      if let left = asInteger, let right = other.asInteger { return left < right }
      if let left = asDouble, let right = other.asDouble { return left < right }
      throw JinjaError.type(
        "'\(sign)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
    }
  }

  /// Python's `in`.
  func isMember(of container: JinjaValue) throws -> Bool {
    switch container {
    case .text(let text):
      guard let part = asText else {
        throw JinjaError.type("'in <string>' requires string as left operand, not \(typeName)")
      }
      return text.firstPlace(of: part, in: 0..<text.count) != nil
    case .list(let elements), .tuple(let elements): return elements.contains { isEqual(to: $0) }
    case .dictionary(let members):
      if case .list = self { throw JinjaError.type("unhashable type: 'list'") }
      if case .dictionary = self { throw JinjaError.type("unhashable type: 'dict'") }
      return members[self] != nil
    case .range(let range):
      guard let value = asDouble, let number = Int(exactly: value), range.count > 0 else { return false }
      let (distance, overflows) = number.subtractingReportingOverflow(range.start)
      return !overflows && distance % range.step == 0 && (0..<range.count).contains(distance / range.step)
    case .undefined: return false
    case .object(let object as JinjaGenerator): return object.take().contains { isEqual(to: $0) }
    case .none, .boolean, .integer, .float, .object:
      throw JinjaError.type("argument of type '\(container.typeName)' is not iterable")
    }
  }
}
