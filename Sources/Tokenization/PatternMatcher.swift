/// A text's scalars with their general categories, which patterns ask for.
struct CategorizedText: Sendable {
  let scalars: [Unicode.Scalar]
  let categories: [UInt8]

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    categories = scalars.map(GeneralCategories.number(of:))
  }
}

/// One run of a pattern over a text.
struct PatternMatcher {
  /// The steps that are left. A pattern can take exponentially many; with none left, nothing is known any more.
  private(set) var budget: Int
  private let pattern: Pattern
  private let text: CategorizedText
  private let range: Range<Int>
  private var slots: [Int]
  /// What to go back to, the latest last. A stack of our own: the machine's is too small for a page of text.
  private var stack: [Choice] = []

  private struct Choice {
    enum Kind: UInt8 {
      /// Goes on at an instruction and a position.
      case resume
      /// Goes on at an instruction and a position that is less by one each time, down to `limit`.
      case shrink
      /// Goes on at an instruction and a position that is more by one each time, while the run before it goes on.
      case grow
      /// Puts a slot (`instruction`) back to `position`.
      case restore
    }
    var kind: Kind
    var instruction: Int
    var position: Int
    var limit = 0
  }

  /// - Parameter budget: The steps that may be taken.
  init(_ pattern: Pattern, text: CategorizedText, range: Range<Int>, budget: Int) {
    self.pattern = pattern
    self.text = text
    self.range = range
    self.budget = budget
    slots = Array(repeating: -1, count: pattern.slotCount)
  }

  /// Where a match that begins at a position ends.
  mutating func match(at position: Int) -> Int? { run(0, at: position) }

  /// Runs the instructions from `start` up to `accept`.
  ///
  /// It calls itself for parts that are matched by themselves, no deeper than the pattern's groups.
  private mutating func run(_ start: Int, at position: Int) -> Int? {
    let base = stack.count
    var position = position
    var current = start
    while true {
      budget -= 1
      if budget <= 0 {
        stack.removeSubrange(base...)
        return nil
      }
      let step = pattern.instructions[current]
      var matches = true
      current += 1
      switch step.kind {
      case .scalar:
        matches = position < range.upperBound && isMember(position, of: step.first)
        if matches { position += 1 }
      case .greedyRun, .possessiveRun:
        let end = endOfRun(from: position, of: step.first, most: step.third)
        budget -= end - position
        matches = end - position >= step.second
        if matches {
          if step.kind == .greedyRun, end - position > step.second {
            stack.append(
              Choice(kind: .shrink, instruction: current, position: end - 1, limit: position + step.second))
          }
          position = end
        }
      case .lazyRun:
        let end = endOfRun(from: position, of: step.first, most: step.second)
        matches = end - position >= step.second
        if matches {
          let limit = step.third < 0 ? range.upperBound : min(range.upperBound, position + step.third)
          position = end
          if position < limit {
            stack.append(Choice(kind: .grow, instruction: current - 1, position: position, limit: limit))
          }
        }
      case .fork:
        stack.append(Choice(kind: .resume, instruction: step.second, position: position))
        current = step.first
      case .jump: current = step.first
      case .assertion: matches = holds(PatternNode.Assertion(rawValue: step.first), at: position)
      case .lookAhead, .lookBehind:
        let from = position - step.third
        let found = from >= range.lowerBound && run(current, at: from) != nil
        matches = found != (step.second == 1)
        current = step.first
      case .atomic:
        if let end = run(current, at: position) { position = end } else { matches = false }
        current = step.first
      case .note:
        stack.append(Choice(kind: .restore, instruction: step.first, position: slots[step.first]))
        slots[step.first] = position
      case .leaveIfEmpty: if slots[step.first] == position { current = step.second }
      case .accept:
        stack.removeSubrange(base...)
        return position
      }
      if matches { continue }
      guard let choice = goBack(to: base) else { return nil }
      (current, position) = choice
    }
  }

  /// The last choice that was made since `base`: where to go on.
  private mutating func goBack(to base: Int) -> (instruction: Int, position: Int)? {
    while stack.count > base {
      let last = stack.count - 1
      let choice = stack[last]
      switch choice.kind {
      case .resume:
        stack.removeLast()
        return (choice.instruction, choice.position)
      case .restore:
        stack.removeLast()
        slots[choice.instruction] = choice.position
      case .shrink:
        if choice.position <= choice.limit { stack.removeLast() } else { stack[last].position -= 1 }
        return (choice.instruction, choice.position)
      case .grow:
        guard isMember(choice.position, of: pattern.instructions[choice.instruction].first) else {
          stack.removeLast()
          continue
        }
        if choice.position + 1 >= choice.limit { stack.removeLast() } else { stack[last].position += 1 }
        return (choice.instruction + 1, choice.position + 1)
      }
    }
    return nil
  }

  private func isMember(_ position: Int, of set: Int) -> Bool {
    pattern.sets[set].contains(text.scalars[position], category: text.categories[position])
  }

  private func endOfRun(from position: Int, of set: Int, most: Int) -> Int {
    let limit = most < 0 ? range.upperBound : min(range.upperBound, position + most)
    var end = position
    while end < limit, isMember(end, of: set) { end += 1 }
    return end
  }

  private func holds(_ assertion: PatternNode.Assertion?, at position: Int) -> Bool {
    func isBreak(_ position: Int) -> Bool { range.contains(position) && text.scalars[position] == "\n" }
    func isWord(_ position: Int) -> Bool {
      range.contains(position)
        && Self.word.contains(
          text.scalars[position], category: text.categories[position])
    }
    let isEnd = position == range.upperBound, isStart = position == range.lowerBound
    switch assertion {
    case .lineStart: return isStart || isBreak(position - 1) && !isEnd
    case .lineEnd: return isEnd || isBreak(position)
    case .textStart: return isStart
    case .textEnd: return isEnd
    case .lastLineEnd: return isEnd || isBreak(position) && position + 1 == range.upperBound
    case .wordBorder: return isWord(position - 1) != isWord(position)
    case .noWordBorder: return isWord(position - 1) == isWord(position)
    case nil: return false
    }
  }

  private static let word = ScalarSet(.word)
}
