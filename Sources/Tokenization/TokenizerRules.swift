/// What a `tokenizer.json` does to a text before merging, step by step, where no shorter description is known.
package struct TokenizerRules: Sendable, Hashable {
  /// What is done to the text as a whole.
  package var normalizers: [NormalizerStep]
  /// What cuts it into words.
  package var preTokenizers: [PreTokenizerStep]

  /// Gathers the steps.
  package init(normalizers: [NormalizerStep] = [], preTokenizers: [PreTokenizerStep]) {
    self.normalizers = normalizers
    self.preTokenizers = preTokenizers
  }

  /// The steps as text that is another for other steps, for a hash. It must never change.
  package var canonicalText: String {
    (normalizers.map(Self.text) + ["|"] + preTokenizers.map(Self.text)).joined(separator: "\n")
  }

  private static func text(_ step: NormalizerStep) -> String {
    switch step {
    case .nfc: "NFC"
    case .nfd: "NFD"
    case .prepend(let text): "Prepend \(quoted(text))"
    case .replace(let pattern, let text): "Replace \(self.text(pattern)) \(quoted(text))"
    case .lowercase: "Lowercase"
    case .strip(let left, let right): "Strip \(left) \(right)"
    }
  }

  private static func text(_ step: PreTokenizerStep) -> String {
    switch step {
    case .split(let pattern, let behavior, let isInverted):
      "Split \(text(pattern)) \(behavior.rawValue) \(isInverted)"
    case .byteLevel(let addsSpace, let usesPattern): "ByteLevel \(addsSpace) \(usesPattern)"
    case .digits(let individually): "Digits \(individually)"
    case .punctuation(let behavior): "Punctuation \(behavior.rawValue)"
    case .metaspace(let mark, let prefix, let splits): "Metaspace \(quoted(mark)) \(prefix.rawValue) \(splits)"
    case .whitespace: "Whitespace"
    case .whitespaceSplit: "WhitespaceSplit"
    }
  }

  private static func text(_ pattern: TextPattern) -> String {
    switch pattern {
    case .text(let text): "String \(quoted(text))"
    case .regex(let text): "Regex \(quoted(text))"
    }
  }

  /// The text with its length in bytes in front, so that no two lists of steps read the same.
  private static func quoted(_ text: String) -> String { "\(text.utf8.count):\(text)" }
}
