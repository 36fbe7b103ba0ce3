/// A regular expression as a tree.
indirect enum PatternNode: Sendable {
  /// A scalar of a set.
  case scalar(ScalarSet.Rule)
  /// One after the other; none of them is empty text.
  case sequence([PatternNode])
  /// The first that leads to a match.
  case choice([PatternNode])
  /// Over and over; without `most`, as often as can be.
  case loop(PatternNode, least: Int, most: Int?, Greed)
  /// Looks ahead or behind, and stays.
  case look(PatternNode, behind: Bool, negative: Bool)
  /// What is matched first stays so.
  case atomic(PatternNode)
  case assertion(Assertion)

  /// How a loop gives back what it took.
  enum Greed: Sendable {
    /// As much as can be, then less.
    case greedy
    /// As little as can be, then more.
    case lazy
    /// As much as can be, and nothing less.
    case possessive
  }

  /// A place between two scalars.
  enum Assertion: Int, Sendable {
    case lineStart, lineEnd, textStart, textEnd, lastLineEnd, wordBorder, noWordBorder
  }

  /// Whether it can match without taking a scalar.
  var canBeEmpty: Bool {
    switch self {
    case .scalar: false
    case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
    case .choice(let nodes): nodes.contains(where: \.canBeEmpty)
    case .loop(let node, let least, _, _): least == 0 || node.canBeEmpty
    case .look, .assertion: true
    case .atomic(let node): node.canBeEmpty
    }
  }

  /// How many scalars it takes, if that is always as many.
  var length: Int? {
    switch self {
    case .scalar: return 1
    case .sequence(let nodes):
      var sum = 0
      for node in nodes {
        guard let length = node.length else { return nil }
        let (next, overflow) = sum.addingReportingOverflow(length)
        if overflow { return nil }
        sum = next
      }
      return sum
    case .choice(let nodes):
      let lengths = nodes.map(\.length)
      return lengths.allSatisfy { $0 == lengths[0] } ? lengths[0] : nil
    case .loop(let node, let least, let most, _):
      guard least == most, let length = node.length else { return nil }
      let (product, overflow) = least.multipliedReportingOverflow(by: length)
      return overflow ? nil : product
    case .look, .assertion: return 0
    case .atomic(let node): return node.length
    }
  }
}

/// Why a regular expression can't be run.
struct PatternError: Error, Equatable {
  /// What is not known or not supported, as text in a message.
  var found: String
}
