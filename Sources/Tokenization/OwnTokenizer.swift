package import JSON

/// A model's own tokenizer and chat template, run by the library that they were made for, where ours do not know them.
///
/// It says what its tokens are (``TokenizerDescription``, of the kind `own`); everything else is asked of it.
package protocol OwnTokenizer: AnyObject, Sendable {
  /// The vocabulary.
  var description: TokenizerDescription { get }
  /// What failed at last beside what was asked, such as a process that ended; nil for nothing.
  var failure: TokenizationError? { get }

  /// The ids of parts of a text, as of the one text that they are.
  /// - Parameters:
  ///   - continuing: Whether the text goes on from other text, so that nothing is put in front of it.
  ///   - withheld: Tokens that are no control tokens, and that all the same only pieces of our own may name.
  func encode(
    _ pieces: [TextPiece], continuing: Bool, withheld: Set<Int>
  ) throws(TokenizationError) -> [Int]

  /// The text of tokens.
  func decode(_ tokens: [Int], skippingSpecial: Bool) throws(TokenizationError) -> String

  /// What a chat template makes of a conversation.
  /// - Parameters:
  ///   - template: Its Jinja source.
  ///   - variables: What it can name beside the messages.
  ///   - day: Year, month and day that it is told is today.
  /// - Throws: ``OwnTemplateError`` where the template refuses, or can't be run there either.
  func render(
    _ template: String, messages: [JSONValue], variables: JSONObject, day: (year: Int, month: Int, day: Int)
  ) throws(OwnTemplateError) -> String
}

/// Why a template can't be run by its own library.
package struct OwnTemplateError: Error, Hashable, Sendable {
  /// What the library says.
  package let problem: String

  package init(problem: String) { self.problem = problem }
}
