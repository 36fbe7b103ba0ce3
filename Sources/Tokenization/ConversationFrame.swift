/// What stands around an instruction, as ids: the system message before it, and what opens the response behind it.
///
/// The model's input is `beforePrompt`, the rows of a soft prompt where there is one, `afterPrompt`, and `turn(_:)`,
/// end to end. All but the turn is the same for every instruction, so its keys and values can be computed once. It ends
/// where a word of the instruction can't reach: the turn begins with what may be one token with it.
package struct ConversationFrame: Sendable {
  /// The ids before the rows of a soft prompt; without one, all that instructions share.
  package let beforePrompt: [Int]
  /// The ids between those rows and the turn; empty without a soft prompt.
  package let afterPrompt: [Int]
  /// The template's text that opens the response.
  package let responseOpening: String
  /// The space, if any, before the soft prompt's place: as text, it is part of the first word.
  let promptLead: String

  /// What adjoins the turn before it, as it is encoded together with it.
  private let before: [TextPiece]
  private let after: [TextPiece]
  private let trimming: Trimming
  /// The ids of ``before`` that all instructions share.
  private let shared: [Int]
  private let isContinuing: Bool
  private let tokenizer: Tokenizer

  /// Beginnings of instructions that between them merge with whatever may stand before one.
  private static let probes = [
    "a", "A", "The", "s", "ing", " a", "  a", "   ", "\n", "\n\na", "\r\n", "\ta", "1", "12", "'s", "é", "中", "ا", ".",
    "...", "(", ")", "<", "</", ">", "[", "]", "{", "-", "--", "\"", "_", "*", "**", "#", "##", "/", "\\", "!", "?",
    "=", ":", "::", ";", "🙂", "\u{301}", "\u{0}",
  ]

  /// - Parameters:
  ///   - prompt: What stands before a soft prompt's rows; nil for none.
  ///   - before: What stands before the instruction, behind the rows.
  ///   - beginning: The id that begins the conversation, where the template leaves it to the tokenizer.
  ///   - trimming: Where the template takes white space from the instruction.
  init(
    prompt: [TextPiece]?, before: [TextPiece], after: [TextPiece], trimming: Trimming, beginning: Int?,
    responseOpening: String, tokenizer: Tokenizer
  ) throws(TokenizationError) {
    self.before = before
    self.after = after
    self.trimming = trimming
    self.responseOpening = responseOpening
    self.tokenizer = tokenizer
    isContinuing = prompt != nil
    let beginning = [beginning].compactMap(\.self)
    let encoded = try Self.probes.map { (probe) throws(TokenizationError) in
      try tokenizer.encode(before + [TextPiece(probe, special: .asText)], continuing: prompt != nil)
    }
    var common = encoded[0][...]
    for ids in encoded.dropFirst() { common = common.prefix(zip(common, ids).prefix { $0 == $1 }.count) }
    // Where nothing stands behind the instruction, an empty one must have an id all the same.
    if after.isEmpty { common = common.dropLast() }
    shared = Array(common)
    if var prompt {
      var lead = ""
      if let last = prompt.last, last.text.hasSuffix(" ") {
        prompt[prompt.count - 1].text.removeLast()
        lead = " "
      }
      promptLead = lead
      beforePrompt = beginning + (try tokenizer.encode(prompt))
      afterPrompt = shared
    } else {
      promptLead = ""
      beforePrompt = beginning + shared
      afterPrompt = []
    }
  }

  /// The ids of an instruction and of what opens the response.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`, in the tokenizer's file.
  package func turn(_ instruction: String) throws(TokenizationError) -> [Int] {
    let content = [TextPiece(trimming.text(of: instruction), special: .asText)]
    let ids = try tokenizer.encode(before + content + after, continuing: isContinuing)
    guard ids.starts(with: shared) else {
      // No beginning that was tried does this: then the instruction is encoded by itself.
      return try tokenizer.encode(content + after, continuing: true)
    }
    return Array(ids.dropFirst(shared.count))
  }

  /// The whole input for an instruction, where there is no soft prompt.
  package func ids(_ instruction: String) throws(TokenizationError) -> [Int] { beforePrompt + (try turn(instruction)) }
}
