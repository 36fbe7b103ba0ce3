/// How a token that is cut out of text whole is found there: the options of `added_tokens` in `tokenizer.json`.
package struct TokenFlags: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `lstrip`: the token takes the white space in front of it along.
  package static let stripsLeft = TokenFlags(rawValue: 1)
  /// `rstrip`: the token takes the white space behind it along.
  package static let stripsRight = TokenFlags(rawValue: 2)
  /// `single_word`: the token is not found within a word.
  package static let singleWord = TokenFlags(rawValue: 4)
  /// `normalized`: the token's normal form is looked for in the text's, after the tokens without this option.
  package static let normalized = TokenFlags(rawValue: 8)
}
