/// Tokens as a person reads them.
package enum TokenText {
  /// The token in quotation marks, so that spaces show; newlines and tabs are spelled out.
  package static func quoted(_ text: String) -> String {
    let plain = text.map { character in
      character == "\n" ? "⏎" : character.isNewline || character == "\t" ? "␠" : String(character)
    }
    return "“\(plain.joined())”"
  }

  /// The conversations of a method's streams, a line each.
  package static func lines(_ streams: [[String]]) -> String {
    streams.enumerated().map { index, tokens in
      "stream \(index + 1): " + tokens.map(quoted).joined(separator: " ") + "\n"
    }.joined()
  }
}
