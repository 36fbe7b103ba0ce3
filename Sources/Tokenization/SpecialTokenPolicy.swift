/// What to do with the spelling of a control token, such as `<|im_end|>`, in a text to be encoded.
package enum SpecialTokenPolicy: Sendable {
  /// Encode it as the control token. For text of our own: templates, whole rendered conversations.
  case parse
  /// Encode it as ordinary text. For text of anybody else, who must not be able to end a turn by writing so.
  /// User-defined tokens, which are ordinary text that the vocabulary keeps whole, are still matched.
  case asText
}
