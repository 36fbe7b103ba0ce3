/// The rule that cuts a text into words: steps, one after the other. Merges never cross the border of two words.
struct PreTokenizer: Sendable {
  /// Whether the bytes of the words stand for themselves; otherwise what the steps have made of them is text.
  let leavesBytes: Bool
  private var stages: [Stage] = []

  /// A step, ready to be run.
  private enum Stage: Sendable {
    /// One of the patterns that are matched by hand, with `Isolated`.
    case known(KnownPattern)
    case pattern(Pattern, SplitBehavior, isInverted: Bool)
    case literal([Unicode.Scalar], SplitBehavior, isInverted: Bool)
    case spaces
    case bytes
    case numbers(SplitBehavior)
    case punctuation(SplitBehavior)
    case marks([UInt8], SpacePrefix)
    case whitespace
    case words
  }

  /// Makes ready a list of steps.
  /// - Throws: `PatternError` for a regular expression that can't be run.
  init(_ steps: [PreTokenizerStep]) throws(PatternError) {
    // The last step's alphabet is that of the vocabulary: it need not be written out.
    if case .byteLevel = steps.last { leavesBytes = true } else { leavesBytes = false }
    for (place, step) in steps.enumerated() {
      switch step {
      case .split(.regex(let text), let behavior, let isInverted):
        if behavior == .isolated, !isInverted, let known = KnownPattern(text) {
          stages.append(.known(known))
        } else {
          stages.append(.pattern(try Pattern(text), behavior, isInverted: isInverted))
        }
      case .split(.text(let text), let behavior, let isInverted):
        stages.append(.literal(Array(text.unicodeScalars), behavior, isInverted: isInverted))
      case .byteLevel(let addsSpace, let usesPattern):
        if addsSpace { stages.append(.spaces) }
        if usesPattern { stages.append(.known(.gpt2)) }
        if place < steps.count - 1 { stages.append(.bytes) }
      case .digits(let individually): stages.append(.numbers(individually ? .isolated : .contiguous))
      case .punctuation(let behavior): stages.append(.punctuation(behavior))
      case .metaspace(let mark, let prefix, let splits):
        stages.append(.marks(Array(mark.utf8), prefix))
        if splits { stages.append(.literal(Array(mark.unicodeScalars), .mergedWithNext, isInverted: false)) }
      case .whitespace: stages.append(.words)
      case .whitespaceSplit: stages.append(.whitespace)
      }
    }
  }

  /// Cuts a text into words.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`.
  func words(of text: ArraySlice<UInt8>, place: SplitText.Place) throws(TokenizationError) -> SplitText {
    var split = SplitText(text, place: place)
    for stage in stages {
      switch stage {
      case .known(let pattern): split.cut(pattern.appendWords)
      case .pattern(let pattern, let behavior, let isInverted):
        try split.split(pattern, behavior, isInverted: isInverted)
      case .literal(let literal, let behavior, let isInverted):
        split.split(literal, behavior, isInverted: isInverted)
      case .spaces: split.addSpaces()
      case .bytes: split.spellBytes()
      case .numbers(let behavior): split.split(behavior) { $0.classes[$1] == .number }
      case .punctuation(let behavior): split.split(behavior) { $0.scalars[$1].isPunctuation }
      case .marks(let mark, let prefix): split.markSpaces(mark, prefix)
      case .whitespace: split.split(.removed) { $0.classes[$1] == .whitespace }
      case .words: split.cut(Self.appendPlainWords)
      }
    }
    return split
  }

  /// `\w+|[^\w\s]+`; what stands between is left out.
  private static func appendPlainWords(of text: ClassifiedText, in range: Range<Int>, to words: inout [Range<Int>]) {
    func kind(_ index: Int) -> Int {
      if text.scalars[index].isInWord { return 1 }
      return text.classes[index] == .whitespace ? 0 : 2
    }
    var start = range.lowerBound
    while start < range.upperBound {
      let first = kind(start)
      var end = start + 1
      while end < range.upperBound, kind(end) == first { end += 1 }
      if first > 0 { words.append(start..<end) }
      start = end
    }
  }
}

extension Unicode.Scalar {
  /// General category P, and ASCII's signs: what `tokenizers` calls punctuation.
  fileprivate var isPunctuation: Bool {
    if value < 0x80 {
      return (0x21...0x7E).contains(value) && !properties.isAlphabetic && !(0x30...0x39).contains(value)
    }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }
}
