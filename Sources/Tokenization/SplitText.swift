/// A text on its way through the steps of a pre-tokenizer.
struct SplitText {
  /// The text as the steps have rewritten it so far.
  private(set) var text: ClassifiedText
  /// Its UTF-8.
  private(set) var bytes: ArraySlice<UInt8>
  /// The parts, as ranges of scalars, in order; what stands between them is left out.
  private(set) var words: [Range<Int>]
  private let place: Place
  /// The categories of the scalars, once a pattern has asked for them.
  private var categories: CategorizedText?
  private var budget: Int

  /// Where a text stands in what is encoded.
  enum Place {
    /// At its start.
    case start
    /// At its start, but it goes on from other text: no space is put in front of it.
    case continuing
    /// Behind a token.
    case later
  }

  init(_ bytes: ArraySlice<UInt8>, place: Place) {
    self.bytes = bytes
    self.place = place
    text = ClassifiedText(bytes)
    words = text.scalars.isEmpty ? [] : [0..<text.scalars.count]
    budget = Pattern.budget(for: text.scalars.count)
  }

  /// The UTF-8 of a part.
  func bytes(of word: Range<Int>) -> ArraySlice<UInt8> {
    bytes[bytes.startIndex + text.byteOffsets[word.lowerBound]..<bytes.startIndex + text.byteOffsets[word.upperBound]]
  }

  // MARK: Cutting

  /// Cuts each part by a rule that appends its words.
  mutating func cut(_ appendWords: (ClassifiedText, Range<Int>, inout [Range<Int>]) -> Void) {
    var cut: [Range<Int>] = []
    cut.reserveCapacity(text.scalars.count / 4 + 1)
    for word in words { appendWords(text, word, &cut) }
    words = cut
  }

  /// Splits each part at the scalars that a rule holds of.
  mutating func split(_ behavior: SplitBehavior, at isMatch: (ClassifiedText, Int) -> Bool) {
    guard behavior != .isolated else {
      cut { text, word, words in
        var start = word.lowerBound
        for index in word where isMatch(text, index) {
          if start < index { words.append(start..<index) }
          words.append(index..<index + 1)
          start = index + 1
        }
        if start < word.upperBound { words.append(start..<word.upperBound) }
      }
      return
    }
    split(behavior, isInverted: false) { text, word in
      var matches: [Range<Int>] = []
      for index in word where isMatch(text, index) { matches.append(index..<index + 1) }
      return matches
    }
  }

  /// Splits each part at a pattern's matches.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`.
  mutating func split(
    _ pattern: Pattern, _ behavior: SplitBehavior, isInverted: Bool
  ) throws(TokenizationError) {
    let categorized = categories ?? CategorizedText(text.scalars)
    categories = categorized
    var budget = budget
    try split(behavior, isInverted: isInverted) { (_, word) throws(TokenizationError) in
      try pattern.matches(in: categorized, range: word, budget: &budget)
    }
    self.budget = budget
  }

  /// Splits each part at where a text stands in it.
  mutating func split(_ literal: [Unicode.Scalar], _ behavior: SplitBehavior, isInverted: Bool) {
    split(behavior, isInverted: isInverted) { text, word in
      Self.places(of: literal, in: text.scalars[word])
    }
  }

  /// Where a text stands in another, from left to right; empty text stands nowhere.
  static func places(of literal: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>) -> [Range<Int>] {
    guard let first = literal.first else { return [] }
    var places: [Range<Int>] = []
    var index = text.startIndex
    while index + literal.count <= text.endIndex {
      if text[index] == first, text[index...].starts(with: literal) {
        places.append(index..<index + literal.count)
        index += literal.count
      } else {
        index += 1
      }
    }
    return places
  }

  private mutating func split<Failure: Error>(
    _ behavior: SplitBehavior, isInverted: Bool, _ matches: (ClassifiedText, Range<Int>) throws(Failure) -> [Range<Int>]
  ) throws(Failure) {
    var cut: [Range<Int>] = []
    for word in words {
      var parts: [(range: Range<Int>, isMatch: Bool)] = []
      var end = word.lowerBound
      for match in try matches(text, word) {
        if end < match.lowerBound { parts.append((end..<match.lowerBound, isInverted)) }
        parts.append((match, !isInverted))
        end = match.upperBound
      }
      if end < word.upperBound { parts.append((end..<word.upperBound, isInverted)) }
      cut += Self.joined(parts, behavior).filter { !$0.isEmpty }
    }
    words = cut
  }

  /// As `NormalizedString::split` of the reference does it; matches may be empty.
  private static func joined(_ parts: [(range: Range<Int>, isMatch: Bool)], _ behavior: SplitBehavior) -> [Range<Int>] {
    switch behavior {
    case .isolated: return parts.map(\.range)
    case .removed: return parts.filter { !$0.isMatch }.map(\.range)
    case .contiguous, .mergedWithPrevious:
      var joined: [Range<Int>] = []
      var previous = false
      for part in parts {
        let joins = behavior == .contiguous ? part.isMatch == previous : part.isMatch && !previous
        if joins, let last = joined.last {
          joined[joined.count - 1] = last.lowerBound..<part.range.upperBound
        } else {
          joined.append(part.range)
        }
        previous = part.isMatch
      }
      return joined
    case .mergedWithNext:
      var joined: [Range<Int>] = []
      var following = false
      for part in parts.reversed() {
        if part.isMatch, !following, let last = joined.last {
          joined[joined.count - 1] = part.range.lowerBound..<last.upperBound
        } else {
          joined.append(part.range)
        }
        following = part.isMatch
      }
      return joined.reversed()
    }
  }

  // MARK: Rewriting

  /// Rewrites each part; what stood between the parts is gone.
  private mutating func rewrite(_ change: (ArraySlice<UInt8>, Range<Int>) -> [UInt8]) {
    var rewritten: [UInt8] = [], ends: [Int] = []
    for word in words {
      rewritten += change(bytes(of: word), word)
      ends.append(rewritten.count)
    }
    bytes = rewritten[...]
    text = ClassifiedText(bytes)
    categories = nil
    var start = 0
    words = []
    for end in ends {
      let last = text.index(ofByte: end, from: start)
      if last > start { words.append(start..<last) }
      start = last
    }
  }

  /// Puts a space in front of each part that has none.
  mutating func addSpaces() {
    let place = place
    rewrite { bytes, word in
      let isContinuing = place == .continuing && word.lowerBound == 0
      return bytes.first == UInt8(ascii: " ") || isContinuing ? Array(bytes) : [UInt8(ascii: " ")] + bytes
    }
  }

  /// Writes the bytes in the byte-level alphabet.
  mutating func spellBytes() {
    rewrite { bytes, _ in bytes.flatMap { ByteAlphabet.spellings[Int($0)] } }
  }

  /// Puts a mark for each space, and in front of parts.
  mutating func markSpaces(_ mark: [UInt8], _ prefix: SpacePrefix) {
    let place = place
    rewrite { bytes, word in
      let marked = bytes.flatMap { $0 == UInt8(ascii: " ") ? mark : [$0] }
      let isFirst = word.lowerBound == 0
      if marked.starts(with: mark) || isFirst && place == .continuing { return marked }
      switch prefix {
      case .never: return marked
      case .first: return isFirst && place == .start ? mark + marked : marked
      case .everywhere, .always: return mark + marked
      }
    }
  }
}
