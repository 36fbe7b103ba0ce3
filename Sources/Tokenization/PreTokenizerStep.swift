/// One step of a pre-tokenizer, as `tokenizer.json` writes it: plain data.
package enum PreTokenizerStep: Sendable, Hashable {
  /// Cuts at what a pattern matches, or, inverted, at what it doesn't.
  case split(TextPattern, SplitBehavior, isInverted: Bool = false)
  /// Writes the text's bytes in the byte-level alphabet, after GPT-2's pattern has cut it, where that is wanted.
  case byteLevel(addsSpace: Bool = false, usesPattern: Bool = true)
  /// Cuts numbers off, one by one or as a whole.
  case digits(individually: Bool)
  /// Cuts punctuation off.
  case punctuation(SplitBehavior)
  /// Puts U+2581 or another character for each space, and in front; cuts before it where that is wanted.
  case metaspace(String, SpacePrefix, splits: Bool)
  /// Keeps words and runs of other signs, apart; leaves white space out.
  case whitespace
  /// Leaves white space out.
  case whitespaceSplit
}

/// What a step looks for in a text.
package enum TextPattern: Sendable, Hashable {
  /// The text itself.
  case text(String)
  /// What a regular expression matches.
  case regex(String)
}

/// What becomes of the matches of a step that splits; the raw values are those of `tokenizer.json`.
package enum SplitBehavior: String, Sendable, CaseIterable {
  /// Left out.
  case removed = "Removed"
  /// Each a part of its own.
  case isolated = "Isolated"
  /// Each joined to the part in front of it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// Each joined to the part behind it.
  case mergedWithNext = "MergedWithNext"
  /// Neighbors of one kind joined.
  case contiguous = "Contiguous"
}
