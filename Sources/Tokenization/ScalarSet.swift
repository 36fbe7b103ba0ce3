/// A set of Unicode scalars, as a regular expression writes it: `a`, `[a-z]`, `\p{L}`, `[^\s\p{N}]`.
struct ScalarSet: Sendable {
  /// What makes a scalar a member.
  indirect enum Rule: Sendable, Equatable {
    /// One of these ranges, or of these general categories (a bit each, numbered as in `GeneralCategories`).
    case simple([ClosedRange<UInt32>], categories: UInt32)
    /// The property Alphabetic.
    case alphabetic
    case anyOf([Rule])
    case both(Rule, Rule)
    case not(Rule)
    /// The scalar or its like in the other case is one.
    case eitherCase(Rule)
  }

  private let rule: Rule
  /// The members below U+0080, a bit each.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ rule: Rule) {
    self.rule = rule
    for value in UInt8(0)..<0x80 where Self.holds(rule, Unicode.Scalar(value)) {
      if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
    }
  }

  /// Whether the scalar is a member.
  /// - Parameter category: its general category, by number.
  @inline(__always)
  func contains(_ scalar: Unicode.Scalar, category: UInt8) -> Bool {
    let value = scalar.value
    if value < 0x80 { return (value < 64 ? low >> UInt64(value) : high >> UInt64(value - 64)) & 1 == 1 }
    return Self.holds(rule, scalar, category: category)
  }

  private static func holds(_ rule: Rule, _ scalar: Unicode.Scalar) -> Bool {
    holds(rule, scalar, category: GeneralCategories.number(of: scalar))
  }

  private static func holds(_ rule: Rule, _ scalar: Unicode.Scalar, category: UInt8) -> Bool {
    switch rule {
    case .simple(let ranges, let categories):
      if categories >> UInt32(category) & 1 == 1 { return true }
      for range in ranges where range.contains(scalar.value) { return true }
      return false
    case .alphabetic: return scalar.properties.isAlphabetic
    case .anyOf(let rules): return rules.contains { holds($0, scalar, category: category) }
    case .both(let first, let second):
      return holds(first, scalar, category: category) && holds(second, scalar, category: category)
    case .not(let rule): return !holds(rule, scalar, category: category)
    case .eitherCase(let rule):
      return holds(rule, scalar, category: category) || likes(of: scalar).contains { holds(rule, $0) }
    }
  }

  /// The scalars that are this one in another case, where that is one scalar.
  private static func likes(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    let properties = scalar.properties
    var likes: [Unicode.Scalar] = []
    func add(_ mapping: String) {
      let scalars = mapping.unicodeScalars
      if scalars.count == 1, let first = scalars.first, first != scalar { likes.append(first) }
    }
    add(properties.lowercaseMapping)
    add(properties.uppercaseMapping)
    // By way of the capital letter: the long s is an s, and the signs of kelvin and ångström are letters.
    for like in likes { add(like.properties.lowercaseMapping) }
    switch scalar {
    case "s", "S": likes.append("\u{17F}")
    case "k", "K": likes.append("\u{212A}")
    case "\u{E5}", "\u{C5}": likes.append("\u{212B}")
    default: break
    }
    return likes
  }
}

extension ScalarSet.Rule {
  /// `\s`: the property White_Space.
  static let whitespace = Self.simple(
    [
      0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
      0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ], categories: 0)
  /// `\d`: general category Nd.
  static let digit = Self.simple([], categories: GeneralCategories.mask(named: "nd") ?? 0)
  /// `\w` of Oniguruma: letters and what else is alphabetic, marks, decimal digits, connecting punctuation.
  static let word = Self.anyOf([
    .simple([], categories: ["m", "nd", "pc"].reduce(0) { $0 | (GeneralCategories.mask(named: $1) ?? 0) }),
    .alphabetic,
  ])
  /// Any scalar.
  static let any = Self.not(.simple([], categories: 0))
  /// The scalars of a range.
  static func range(_ first: UInt32, _ last: UInt32) -> Self { .simple([first...max(first, last)], categories: 0) }

  /// A union, with what is simple in it put together.
  static func union(_ rules: [Self]) -> Self {
    var ranges: [ClosedRange<UInt32>] = [], categories: UInt32 = 0, others: [Self] = []
    for rule in rules {
      if case .simple(let more, let mask) = rule {
        ranges += more
        categories |= mask
      } else {
        others.append(rule)
      }
    }
    let simple = Self.simple(ranges, categories: categories)
    if others.isEmpty { return simple }
    return .anyOf(ranges.isEmpty && categories == 0 ? others : [simple] + others)
  }
}
