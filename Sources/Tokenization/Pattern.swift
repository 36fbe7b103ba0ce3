/// A regular expression, ready to be run over a text's scalars by backtracking.
///
/// Patterns come with tokenizers from anywhere; that of Swift's library and that of Foundation have other rules for
/// letters' classes and ends of lines than the reference, and neither bounds its work.
struct Pattern: Sendable {
  /// The pattern as it is written, for messages.
  let text: String
  let instructions: [Instruction]
  let sets: [ScalarSet]
  /// How many loops watch whether they get on.
  let slotCount: Int

  /// One step of the match. `first`, `second` and `third` mean what the kind says.
  struct Instruction: Sendable {
    enum Kind: UInt8, Sendable {
      /// A scalar of the set `first`.
      case scalar
      /// A run of scalars of the set `first`, at least `second` and, unless that is -1, at most `third`.
      case greedyRun, lazyRun, possessiveRun
      /// Goes on at `first`; where that fails, at `second`.
      case fork
      /// Goes on at `first`.
      case jump
      /// The assertion with the number `first`.
      case assertion
      /// What follows up to `accept` must match here, or not (`second`), and is passed over to `first`.
      case lookAhead
      /// The same, from `third` scalars before.
      case lookBehind
      /// What follows up to `accept` matches as it does first; then goes on at `first`.
      case atomic
      /// Notes the place in the slot `first`.
      case note
      /// Goes on at `second` where the place is still that of the slot `first`.
      case leaveIfEmpty
      case accept
    }
    var kind: Kind
    var first = 0
    var second = 0
    var third = 0
  }

  /// The steps that a pattern may take over so many scalars: far beyond what those in use take over any text but
  /// thousands of digits in a row (`PreTokenizerTests`).
  static func budget(for count: Int) -> Int { 1_000_000 + 2_000 * count }

  /// Reads a pattern.
  /// - Throws: `PatternError` for what is not regular, not supported, or too large.
  init(_ text: String) throws(PatternError) {
    self.text = text
    var builder = PatternBuilder()
    try builder.add(PatternParser.parse(text))
    try builder.add(.init(kind: .accept))
    instructions = builder.instructions
    sets = builder.sets
    slotCount = builder.slotCount
  }

  /// What matches in a range of a text, from left to right, as if nothing stood around it.
  ///
  /// As the reference finds matches: after an empty one the search goes on a scalar further, and none is empty right
  /// behind another.
  /// - Parameter budget: The steps that may be taken.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)` when none are left: what matches in the rest is
  ///   not known then.
  func matches(
    in text: CategorizedText, range: Range<Int>, budget: inout Int
  ) throws(TokenizationError) -> [Range<Int>] {
    var matcher = PatternMatcher(self, text: text, range: range, budget: budget)
    defer { budget = matcher.budget }
    var matches: [Range<Int>] = []
    var position = range.lowerBound
    while position <= range.upperBound {
      let end = matcher.match(at: position)
      guard matcher.budget > 0 else {
        throw .patternTooSlow(pattern: self.text, characters: text.scalars.count)
      }
      guard let end else {
        position += 1
        continue
      }
      if end == position, matches.last?.upperBound == end {
        position += 1
        continue
      }
      matches.append(position..<end)
      position = end
    }
    return matches
  }
}

/// Turns a pattern's tree into instructions.
private struct PatternBuilder {
  private(set) var instructions: [Pattern.Instruction] = []
  private(set) var sets: [ScalarSet] = []
  private(set) var slotCount = 0

  mutating func add(_ instruction: Pattern.Instruction) throws(PatternError) {
    if instructions.count >= 20_000 { throw PatternError(found: "repetitions of more than 20000 steps") }
    instructions.append(instruction)
  }

  private mutating func set(_ rule: ScalarSet.Rule) -> Int {
    sets.append(ScalarSet(rule))
    return sets.count - 1
  }

  mutating func add(_ node: PatternNode) throws(PatternError) {
    switch node {
    case .scalar(let rule): try add(.init(kind: .scalar, first: set(rule)))
    case .sequence(let nodes): for node in nodes { try add(node) }
    case .choice(let nodes):
      var jumps: [Int] = []
      for node in nodes.dropLast() {
        let fork = instructions.count
        try add(.init(kind: .fork, first: fork + 1))
        try add(node)
        jumps.append(instructions.count)
        try add(.init(kind: .jump))
        instructions[fork].second = instructions.count
      }
      if let last = nodes.last { try add(last) }
      for jump in jumps { instructions[jump].first = instructions.count }
    case .loop(let node, let least, let most, let greed): try addLoop(node, least, most, greed)
    case .look(let node, let isBehind, let isNegative):
      let length = isBehind ? node.length ?? 0 : 0
      try addPart(
        .init(kind: isBehind ? .lookBehind : .lookAhead, second: isNegative ? 1 : 0, third: length), node)
    case .atomic(let node): try addPart(.init(kind: .atomic), node)
    case .assertion(let assertion): try add(.init(kind: .assertion, first: assertion.rawValue))
    }
  }

  /// A part that is matched by itself.
  private mutating func addPart(_ head: Pattern.Instruction, _ node: PatternNode) throws(PatternError) {
    let start = instructions.count
    try add(head)
    try add(node)
    try add(.init(kind: .accept))
    instructions[start].first = instructions.count
  }

  private mutating func addLoop(
    _ node: PatternNode, _ least: Int, _ most: Int?, _ greed: PatternNode.Greed
  ) throws(PatternError) {
    if case .scalar(let rule) = node {
      let kind: Pattern.Instruction.Kind =
        switch greed {
        case .greedy: .greedyRun
        case .lazy: .lazyRun
        case .possessive: .possessiveRun
        }
      try add(.init(kind: kind, first: set(rule), second: least, third: most ?? -1))
      return
    }
    if greed == .possessive {
      try addPart(.init(kind: .atomic), .loop(node, least: least, most: most, .greedy))
      return
    }
    for _ in 0..<least { try add(node) }
    func fork(_ start: Int, _ end: Int) -> Pattern.Instruction {
      greed == .greedy ? .init(kind: .fork, first: start, second: end) : .init(kind: .fork, first: end, second: start)
    }
    if let most {
      var forks: [Int] = []
      for _ in least..<max(least, most) {
        forks.append(instructions.count)
        try add(.init(kind: .fork))
        try add(node)
      }
      for place in forks { instructions[place] = fork(place + 1, instructions.count) }
      return
    }
    let start = instructions.count
    try add(.init(kind: .fork))
    // A turn that takes nothing ends the loop: it would go on for ever.
    let slot = node.canBeEmpty ? slotCount : nil
    if let slot {
      slotCount += 1
      try add(.init(kind: .note, first: slot))
    }
    try add(node)
    var leave: Int?
    if let slot {
      leave = instructions.count
      try add(.init(kind: .leaveIfEmpty, first: slot))
    }
    try add(.init(kind: .jump, first: start))
    instructions[start] = fork(start + 1, instructions.count)
    if let leave { instructions[leave].second = instructions.count }
  }
}
