/// The rule that cuts a text into words; merges never cross the border of two words.
enum PreTokenizer: Sendable, CaseIterable {
  /// The pattern of GPT-2 on the whole text.
  case gpt2
  /// SmolLM: each number character is a word of its own, the pattern of GPT-2 on what stands between them.
  case smollm
  /// Llama 3: numbers in threes; see `CasedPattern`.
  case llama3
  /// Qwen2: numbers one by one; see `CasedPattern`.
  case qwen2
  /// Bloom: see `BloomPattern`.
  case bloom

  /// The names by which `tokenizer.ggml.pre` calls the rule. Old files say `default`; nothing better is known of them.
  var names: [String] {
    switch self {
    case .gpt2: ["gpt-2", "gpt2", "default"]
    case .smollm: ["smollm"]
    case .llama3: ["llama-bpe", "llama3", "llama-v3"]
    case .qwen2: ["qwen2"]
    case .bloom: ["bloom"]
    }
  }

  /// Looks the rule up by its name in the file.
  init(named name: String) throws(TokenizationError) {
    guard let match = Self.allCases.first(where: { $0.names.contains(name) }) else {
      throw .unknownPreTokenizer(name, supported: Self.allCases.flatMap(\.names))
    }
    self = match
  }

  /// Cuts the text into words: ranges of its scalars, without gaps, in order.
  func words(of text: ClassifiedText) -> [Range<Int>] {
    var words: [Range<Int>] = []
    words.reserveCapacity(text.scalars.count / 4 + 1)
    let whole = 0..<text.scalars.count
    switch self {
    case .gpt2:
      GPT2Pattern.appendWords(of: text, in: whole, to: &words)
    case .smollm:
      var start = 0
      for index in text.classes.indices where text.classes[index] == .number {
        GPT2Pattern.appendWords(of: text, in: start..<index, to: &words)
        words.append(index..<index + 1)
        start = index + 1
      }
      GPT2Pattern.appendWords(of: text, in: start..<text.scalars.count, to: &words)
    case .llama3:
      CasedPattern.appendWords(of: text, longestNumber: 3, to: &words)
    case .qwen2:
      CasedPattern.appendWords(of: text, longestNumber: 1, to: &words)
    case .bloom:
      BloomPattern.appendWords(of: text, to: &words)
    }
    return words
  }
}
