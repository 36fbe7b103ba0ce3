/// Encodes a conversation of one system message and one instruction, up to where the model's response begins.
///
/// The model's input is `beforeSystem`, the system content, `afterSystem` and `turn(instruction:)`, end to end. The
/// system content is either `systemContent(_:)` of a text or the rows of a soft prompt (Eq. 2 of arXiv 2406.16743, in a
/// chat model: the template's own tokens stand around it). All but the turn is the same for every instruction, so its
/// keys and values can be computed once.
///
/// Template and contents are encoded apart, and control tokens in the contents count as ordinary text: nobody can end
/// a turn by writing so. The ids are those of the whole rendered conversation encoded at once, unless a content begins
/// or ends with white space (which could then merge with the template's), or spells a control token.
///
/// An empty system message, the paper's null prompt, is a message that is present and has no text. Some models' own
/// templates put a default system message where none is given (SmolLM2's does); that is never done here.
package struct ConversationEncoder: Sendable {
  /// The template in use.
  package let template: ChatTemplate
  /// The ids before the system content; begins with the beginning-of-sequence token if the model expects one.
  package let beforeSystem: [Int]
  /// The ids between the system content and the instruction.
  package let afterSystem: [Int]
  /// The ids before the instruction where there is no system message at all.
  package let opening: [Int]
  /// The ids that end a response, in ascending order: the template's end of turn, and the vocabulary's.
  package let stopTokens: [Int]
  /// The id that ends a response which is given to the model to learn.
  package let endToken: Int?

  /// The template's text that opens a response.
  package let responseOpening: String

  private let beforeResponse: [Int]
  private let betweenTurns: [Int]
  private let answerLead: String
  private let systemLead: String
  private let instructionLead: String
  private let openingLead: String
  private let startsWithSystem: Bool
  private let tokenizer: Tokenizer

  /// Prepares a template for a vocabulary.
  ///
  /// - Throws: `TokenizationError.templateTokenMissing` when the vocabulary lacks a control token of the template.
  package init(_ template: ChatTemplate, tokenizer: Tokenizer) throws(TokenizationError) {
    let parts = template.parts
    for token in parts.controlTokens {
      guard let id = tokenizer.id(of: token), tokenizer.isSpecial(id) else {
        throw .templateTokenMissing(template: template.rawValue, token: token)
      }
    }
    func beginning(_ text: String) -> [Int] {
      let ids = tokenizer.encode(text, special: .parse)
      guard tokenizer.addsBeginningOfSequence, let first = tokenizer.beginningOfSequence, ids.first != first else {
        return ids
      }
      return [first] + ids
    }
    let ends = parts.endOfTurn.map { tokenizer.id(of: $0) } + [tokenizer.endOfTurn, tokenizer.endOfSequence]

    self.template = template
    self.tokenizer = tokenizer
    responseOpening = parts.beforeResponse
    beforeSystem = beginning(parts.beforeSystem)
    opening = beginning(parts.opening)
    // Only what begins the conversation has a space put in front of it.
    startsWithSystem = parts.beforeSystem.isEmpty
    systemLead = parts.systemLead
    instructionLead = parts.instructionLead
    openingLead = parts.openingLead
    afterSystem = tokenizer.encode(parts.afterSystem, special: .parse, continuing: true)
    beforeResponse = tokenizer.encode(parts.beforeResponse, special: .parse, continuing: true)
    betweenTurns = tokenizer.encode(parts.betweenTurns ?? parts.afterSystem, special: .parse, continuing: true)
    // Where nothing opens a line for the response, its first word begins with a space.
    answerLead = parts.beforeResponse.last?.isWhitespace == true ? "" : " "
    stopTokens = Set(ends.compactMap { $0 } + tokenizer.otherEnds).sorted()
    endToken = ends.compactMap { $0 }.max()
  }

  /// The ids of a system message's text, none for empty text. These are also the rows of the embedding table from which
  /// a soft prompt is initialized (Eq. 1).
  package func systemContent(_ text: String) -> [Int] {
    guard !text.isEmpty else { return [] }
    return tokenizer.encode(systemLead + text, special: .asText, continuing: !startsWithSystem)
  }

  /// The ids of an instruction and of what opens the response.
  package func turn(instruction: String) -> [Int] {
    tokenizer.encode(instructionLead + instruction, special: .asText, continuing: true) + beforeResponse
  }

  /// The ids of an instruction with its answer, as an earlier exchange of the conversation, up to where the next
  /// instruction begins.
  package func exchange(instruction: String, answer: String) -> [Int] {
    turn(instruction: instruction) + tokenizer.encode(answerLead + answer, special: .asText, continuing: true)
      + betweenTurns
  }

  /// The ids, behind ``opening``, of an instruction and of what opens the response.
  /// - Parameter lead: Ids that stand between the two, of text that all instructions share; empty for none.
  package func openingTurn(instruction: String, after lead: [Int] = []) -> [Int] {
    let text = lead.isEmpty ? openingLead + instruction : instruction
    return tokenizer.encode(text, special: .asText, continuing: !opening.isEmpty || !lead.isEmpty) + beforeResponse
  }

  /// The ids of the text behind ``opening`` that all instructions share.
  package func openingText(_ text: String) -> [Int] {
    tokenizer.encode(openingLead + text, special: .asText, continuing: !opening.isEmpty)
  }

  /// The whole input for a system message of text.
  package func prompt(system: String, instruction: String) -> [Int] {
    beforeSystem + systemContent(system) + afterSystem + turn(instruction: instruction)
  }
}
