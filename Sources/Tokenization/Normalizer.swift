/// What is done to a text before it is cut into words: steps, one after the other.
struct Normalizer: Sendable {
  private var stages: [Stage] = []

  /// A step, ready to be run.
  private enum Stage: Sendable {
    case nfc, nfd, lowercase
    case prepend([UInt8])
    case literal([Unicode.Scalar], with: [Unicode.Scalar])
    case pattern(Pattern, with: [Unicode.Scalar])
    case strip(left: Bool, right: Bool)
  }

  /// Makes ready a list of steps.
  /// - Throws: `PatternError` for a regular expression that can't be run.
  init(_ steps: [NormalizerStep]) throws(PatternError) {
    for step in steps {
      switch step {
      case .nfc: stages.append(.nfc)
      case .nfd: stages.append(.nfd)
      case .lowercase: stages.append(.lowercase)
      case .prepend(let text): stages.append(.prepend(Array(text.utf8)))
      case .replace(.text(let text), let replacement):
        stages.append(.literal(Array(text.unicodeScalars), with: Array(replacement.unicodeScalars)))
      case .replace(.regex(let text), let replacement):
        stages.append(.pattern(try Pattern(text), with: Array(replacement.unicodeScalars)))
      case .strip(let left, let right): stages.append(.strip(left: left, right: right))
      }
    }
  }

  /// The text after all steps.
  /// - Parameter isContinuing: Whether it goes on from other text, so that nothing is put in front of it.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`.
  func normalized(_ text: ArraySlice<UInt8>, isContinuing: Bool) throws(TokenizationError) -> ArraySlice<UInt8> {
    var text = text
    for stage in stages {
      switch stage {
      case .nfc: text = NormalForm.composed(text)
      case .nfd: text = NormalForm.decomposed(text)
      case .prepend(let start): if !text.isEmpty, !isContinuing { text = start + text }
      case .lowercase:
        text = rewritten(text) { scalars in scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) } }
      case .literal(let literal, let replacement):
        text = rewritten(text) { scalars in
          replaced(scalars, SplitText.places(of: literal, in: scalars[...]), with: replacement)
        }
      case .pattern(let pattern, let replacement):
        text = try rewritten(text) { (scalars) throws(TokenizationError) in
          var budget = Pattern.budget(for: scalars.count)
          let matches = try pattern.matches(in: CategorizedText(scalars), range: scalars.indices, budget: &budget)
          return replaced(scalars, matches, with: replacement)
        }
      case .strip(let left, let right):
        text = rewritten(text) { scalars in
          var rest = scalars[...]
          if left { rest = rest.drop { $0.properties.isWhitespace } }
          if right { while rest.last?.properties.isWhitespace == true { rest.removeLast() } }
          return Array(rest)
        }
      }
    }
    return text
  }

  private func rewritten<Failure: Error>(
    _ text: ArraySlice<UInt8>, _ change: ([Unicode.Scalar]) throws(Failure) -> [Unicode.Scalar]
  ) throws(Failure) -> ArraySlice<UInt8> {
    let scalars = try change(Array(String(decoding: text, as: UTF8.self).unicodeScalars))
    return Array(String(String.UnicodeScalarView(scalars)).utf8)[...]
  }

  private func replaced(
    _ scalars: [Unicode.Scalar], _ places: [Range<Int>], with replacement: [Unicode.Scalar]
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var end = 0
    for place in places {
      result += scalars[end..<place.lowerBound]
      result += replacement
      end = place.upperBound
    }
    return result + scalars[end...]
  }
}
