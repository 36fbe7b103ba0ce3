/// A part of a text, and whether it may name control tokens. Parts that adjoin are one text for the tokenizer: a word
/// may begin in one and end in the next.
package struct TextPiece: Hashable, Sendable {
  package var text: String
  package var special: SpecialTokenPolicy

  package init(_ text: String, special: SpecialTokenPolicy) {
    self.text = text
    self.special = special
  }
}
