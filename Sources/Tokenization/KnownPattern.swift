/// A splitting pattern that is matched by hand, several times faster than `Pattern` does it.
enum KnownPattern: Sendable, CaseIterable {
  /// That of GPT-2, which the step `ByteLevel` has too.
  case gpt2
  /// That of Llama 3: numbers in threes; see `CasedPattern`.
  case llama3
  /// That of Qwen2: numbers one by one; see `CasedPattern`.
  case qwen2
  /// That of Bloom; see `BloomPattern`.
  case bloom

  /// The pattern as `tokenizer.json` writes it.
  var text: String {
    switch self {
    case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .llama3: Self.cased(numbers: #"\p{N}{1,3}"#)
    case .qwen2: Self.cased(numbers: #"\p{N}"#)
    case .bloom: " ?[^(\\s|[.,!?…。，、।۔،])]+"
    }
  }

  /// OpenAI's cl100k and those made after it, which differ in their numbers.
  static func cased(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The pattern with this text, if it is one of these.
  init?(_ text: String) {
    // By bytes: canonically equivalent patterns match different texts.
    guard let known = Self.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) else { return nil }
    self = known
  }

  /// Cuts `range` of the text into words, as if nothing stood before or after it, and appends them.
  func appendWords(of text: ClassifiedText, in range: Range<Int>, to words: inout [Range<Int>]) {
    switch self {
    case .gpt2: GPT2Pattern.appendWords(of: text, in: range, to: &words)
    case .llama3: CasedPattern.appendWords(of: text, in: range, longestNumber: 3, to: &words)
    case .qwen2: CasedPattern.appendWords(of: text, in: range, longestNumber: 1, to: &words)
    case .bloom: BloomPattern.appendWords(of: text, in: range, to: &words)
    }
  }
}
