import Foundation

/// Refusing phrases of a user's own, for models that refuse in other words or in another language.
///
/// A plain text file holds one phrase a line. A phrase is found where its words follow one another in an answer's
/// opening, whatever their case and the punctuation between them; in scripts without spaces each character is a word.
package struct RefusalPhrases: Sendable {
  /// The words of each phrase, in small letters.
  let phrases: [[String]]

  /// No phrase.
  package static let none = RefusalPhrases(phrases: [])

  private init(phrases: [[String]]) { self.phrases = phrases }

  /// Reads a file.
  /// - Throws: ``EvaluationError`` for a file that is not UTF-8, a line without a word, and a file without a line.
  package init(_ file: SourceFile) throws(EvaluationError) {
    guard let text = String(bytes: file.bytes, encoding: .utf8) else {
      throw file.malformed(at: "the file", found: "bytes that are not UTF-8", expected: "a refusing phrase a line")
    }
    var phrases: [[String]] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let words = AnswerWords(String(line)).words.map { $0.written.lowercased() }
      guard !words.isEmpty else {
        throw file.malformed(at: "line \(index + 1)", found: "no word", expected: "a refusing phrase")
      }
      phrases.append(words)
    }
    guard !phrases.isEmpty else {
      throw file.malformed(at: "the file", found: "no line", expected: "a refusing phrase a line")
    }
    self.phrases = phrases
  }

  /// Where the first phrase that a sentence holds lies in it; nil where it holds none.
  func firstMatch(in sentence: [String]) -> Range<Int>? {
    let words = sentence.map { $0.lowercased() }
    return phrases.lazy.compactMap { words.firstRange(of: $0) }.first
  }
}
