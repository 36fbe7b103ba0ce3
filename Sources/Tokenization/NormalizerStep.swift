/// One step of a normalizer, as `tokenizer.json` writes it: plain data.
package enum NormalizerStep: Sendable, Hashable {
  /// Unicode's normal form C.
  case nfc
  /// Unicode's normal form D.
  case nfd
  /// Puts a text in front of what isn't empty.
  case prepend(String)
  /// Puts a text for each match of a pattern.
  case replace(TextPattern, String)
  /// Every letter in lower case, by itself.
  case lowercase
  /// Cuts white space off the ends.
  case strip(left: Bool, right: Bool)
}
