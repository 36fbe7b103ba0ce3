import Foundation

/// Text that is to be judged, made unable to speak in the judge's template: to close the tag it stands in, to open a
/// verdict's, to end a turn, or to play another role.
///
/// What could be markup gets a look-alike (`‹` for `<` where a tag could begin), what could be a role's name gets a space
/// before its colon, and characters that can't be seen are left out. A reader still reads the same.
public enum JudgedText {
  /// The text made harmless to templates; white space at its ends is dropped.
  public static func sanitized(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where scalar == "\n" || scalar == "\t" || isVisible(scalar) {
      scalars.append(scalar)
    }
    var result = String(scalars)
    // Tags, and control tokens such as <|im_end|>, <s>, <<SYS>> and <end_of_turn>.
    result.replace(/<(?=\s*[\/|!<A-Za-z_])/, with: "‹")
    result.replace(/\|>/, with: "|›")
    // [INST], [/INST] and their kind.
    result.replace(/\[(?=\/?[A-Z_]{3,}\])/, with: "⟦")
    result.replace(
      /\b(user|assistant|agent|human|system|instruction|response|input)[ \t]*:/.ignoresCase(),
      with: { "\($0.output.1) :" })
    return result.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Whether a character is neither a control character nor one of formatting, such as a change of direction.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
