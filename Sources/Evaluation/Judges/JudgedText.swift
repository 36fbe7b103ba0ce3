import Foundation

/// Text that is to be judged, made unable to speak in the judge's template: to close the tag it stands in, to open a
/// verdict's, to end a turn, or to play another role.
///
/// What could be markup gets a look-alike (`‹` for `<` where a tag could begin), what could begin another role's turn
/// is quoted, and characters that can't be seen are left out. A reader still reads the same.
package enum JudgedText {
  /// The text made harmless to templates; white space at its ends is dropped.
  package static func sanitized(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where scalar == "\n" || scalar == "\t" || isVisible(scalar) {
      scalars.append(scalar)
    }
    var result = String(scalars)
    // Tags, and control tokens such as <|im_end|>, <s>, <<SYS>>, <end_of_turn> and DeepSeek's with their wide bars. By
    // scalars: a `<` with an accent on it is a `<` to a tokenizer.
    result.replace(/<(?![ \t\d=\-]|$)/.matchingSemantics(.unicodeScalar), with: "‹")
    result.replace(/<(?=[ \t]+[\/!|A-Za-z_])/.matchingSemantics(.unicodeScalar), with: "‹")
    result.replace(/[|｜]>/.matchingSemantics(.unicodeScalar), with: "|›")
    // [INST], [/INST], [gMASK], [|endofturn|] and their kind.
    result.replace(/\[(?=\/?[A-Z_]{3,}\]|\|)/.matchingSemantics(.unicodeScalar), with: "⟦")
    result.replace(/\[(?=g?s?MASK\]|sop\])/.matchingSemantics(.unicodeScalar), with: "⟦")
    // A role that would begin a turn: at a line's start its name is put in quotation marks, elsewhere its colon is
    // moved.
    result.replace(
      /(^|\n)([ \t>*#\-]*)(user|assistant|agent|human|system|instruction|response|input)([ \t*]*):/
        .ignoresCase().matchingSemantics(.unicodeScalar),
      with: { "\($0.output.1)(“\($0.output.3)” said) " })
    result.replace(
      /\b(user|assistant|agent|human|system|instruction|response|input)[ \t]*:/
        .ignoresCase().matchingSemantics(.unicodeScalar),
      with: { "\($0.output.1) :" })
    return result.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Whether a character is neither a control character nor one that nobody sees, such as a change of direction or a
  /// filler.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isDefaultIgnorableCodePoint { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
