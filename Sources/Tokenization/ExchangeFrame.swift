import Jinja

/// What stands around a request and its answer, where a model reads both to judge them, as ids.
///
/// The model's input is `beforePrompt` and `turn(instruction:answer:)`, end to end. What is before is the same for all
/// exchanges, so its keys and values can be computed once.
package struct ExchangeFrame: Sendable {
  /// A part of the text.
  package enum Part: Hashable, Sendable {
    /// What is the same for all exchanges; it may name control tokens.
    case own(String)
    case instruction
    case answer
  }

  /// The ids that all exchanges share.
  package let beforePrompt: [Int]

  private let parts: [(part: Part, trimming: Trimming)]
  private let shared: [Int]
  private let tokenizer: Tokenizer

  /// - Parameter beginning: The id that begins the text, where it is left to the tokenizer.
  fileprivate init(
    _ parts: [(part: Part, trimming: Trimming)], beginning: Int?, tokenizer: Tokenizer
  ) throws(TokenizationError) {
    self.parts = parts
    self.tokenizer = tokenizer
    let first = parts.firstIndex { $0.part == .instruction || $0.part == .answer } ?? parts.count
    let before = Self.pieces(of: parts[..<first], instruction: "", answer: "")
    // What follows the first content does not matter for what no content can reach.
    let frame = try ConversationFrame(
      prompt: nil, before: before, after: [TextPiece("\n", special: .parse)], trimming: Trimming(), beginning: nil,
      responseOpening: "", tokenizer: tokenizer)
    shared = frame.beforePrompt
    beforePrompt = [beginning].compactMap(\.self) + shared
  }

  /// The ids of an exchange and of what opens the judgment.
  package func turn(instruction: String, answer: String) throws(TokenizationError) -> [Int] {
    let ids = try tokenizer.encode(Self.pieces(of: parts[...], instruction: instruction, answer: answer))
    guard ids.starts(with: shared), ids.count > shared.count else {
      // No beginning that was tried does this: then what is not shared is encoded by itself.
      let first = parts.firstIndex { $0.part == .instruction || $0.part == .answer } ?? 0
      return try tokenizer.encode(
        Self.pieces(of: parts[first...], instruction: instruction, answer: answer), continuing: true)
    }
    return Array(ids.dropFirst(shared.count))
  }

  private static func pieces(
    of parts: ArraySlice<(part: Part, trimming: Trimming)>, instruction: String, answer: String
  ) -> [TextPiece] {
    parts.map { part, trimming in
      switch part {
      case .own(let text): TextPiece(text, special: .parse)
      case .instruction: TextPiece(trimming.text(of: instruction), special: .asText)
      case .answer: TextPiece(trimming.text(of: answer), special: .asText)
      }
    }
  }
}

extension ConversationEncoder {
  /// The chat template around a request and its answer, opened for what the model says of them.
  /// - Throws: `TokenizationError.template(name:problem:)` where the template refuses such a conversation, or leaves
  ///   the answer out.
  package func exchangeFrame() throws(TokenizationError) -> ExchangeFrame {
    let conversation: RenderedConversation
    do throws(JinjaError) {
      conversation = try RenderedConversation(
        [.user(nil), .assistant(nil)], template: program, variables: openingVariables, date: date,
        contentIsList: contentIsList)
    } catch {
      throw .template(name: template.name, problem: error.description)
    }
    guard conversation.contents.contains(1) else {
      throw .template(name: template.name, problem: "of a request and its answer it leaves out the answer")
    }
    let parts = conversation.parts.map { part -> (part: ExchangeFrame.Part, trimming: Trimming) in
      switch part {
      case .template(let text): (.own(text), Trimming())
      case .content(let place, let trimming): (place == 0 ? .instruction : .answer, trimming)
      }
    }
    let leading: [TextPiece] =
      if case .template(let text)? = conversation.parts.first { [TextPiece(text, special: .parse)] } else { [] }
    // Tokens that only such a conversation has can't be spoken either.
    return try ExchangeFrame(
      parts, beginning: beginning(leading), tokenizer: withoutSpeaking(parts.map(\.part)))
  }

  /// A text of one's own around a request and its answer: all that the model reads.
  package func exchangeFrame(of parts: [ExchangeFrame.Part]) throws(TokenizationError) -> ExchangeFrame {
    var beginning: Int?
    if tokenizer.addsBeginningOfSequence, let first = tokenizer.beginningOfSequence {
      let leading: [TextPiece] =
        if case .own(let text)? = parts.first { [TextPiece(text, special: .parse)] } else { [] }
      if try tokenizer.encode(leading).first != first { beginning = first }
    }
    return try ExchangeFrame(
      parts.map { ($0, Trimming()) }, beginning: beginning, tokenizer: withoutSpeaking(parts))
  }

  private func withoutSpeaking(_ parts: [ExchangeFrame.Part]) throws(TokenizationError) -> Tokenizer {
    let texts = parts.compactMap { if case .own(let text) = $0 { text } else { nil } }
    return try tokenizer.withoutSpeaking(tokenizer.withheld.union(texts.flatMap { tokenizer.literals(in: $0) }))
  }
}
